/// Rows that are attacked side by side: who is still under way, what each has cost, and where finished images
/// go. Retired rows are not computed any further, and no row's result depends on the company it had.
#pragma once

#include <span>
#include <vector>

#include "attacks/attack.h"

namespace weir {

/// The chosen rows of x, in their order. Plain layout.
Tensor keep_rows(const Tensor& x, std::span<const Index> kept);

class Lockstep {
 public:
  /// The victims must outlive it. All rows are under way.
  explicit Lockstep(const Victims& victims);

  bool any() const { return !active_.empty(); }
  Index count() const { return static_cast<Index>(active_.size()); }
  /// Of the rows under way: their rows in the task, for observers.
  std::span<const Index> task_rows() const { return task_rows_; }
  /// Row i of those under way is victim `victim(i)`.
  Index victim(Index i) const { return active_[static_cast<std::size_t>(i)]; }
  Effort& effort(Index i) { return efforts_[static_cast<std::size_t>(victim(i))]; }

  /// Books a query about the rows under way: passes, the first success, and whether a vanished or NaN
  /// gradient leaves a row nowhere to go. gradient [n, C, H, W].
  void note(const Tensor& logits, const Tensor& gradient);
  /// The same of a look at the rows under way without a gradient.
  void note(const Tensor& logits);
  /// Whether the latest query showed that row i had reached its goal.
  bool fooled(Index i) const { return fooled_[static_cast<std::size_t>(i)]; }
  /// Whether the latest query left row i without a direction.
  bool stuck(Index i) const { return stuck_[static_cast<std::size_t>(i)]; }
  /// Books a step of every row under way.
  void count_step();

  /// Ends rows: `images` [n, C, H, W] holds their results. Returns the positions of the rows that go on, for
  /// keep_rows on whatever state the attack holds.
  std::vector<Index> retire(const Tensor& images, const std::vector<bool>& done);
  /// Ends all rows that are left.
  Crafted finish(const Tensor& images);

 private:
  void read_gradient(const Tensor& gradient);
  void deliver(const Tensor& images, const std::vector<bool>& done);

  const Victims& victims_;
  std::vector<Index> active_, task_rows_;
  std::vector<Effort> efforts_;
  std::vector<bool> fooled_, stuck_;
  Tensor result_;
};

}  // namespace weir
