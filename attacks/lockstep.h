/// Rows that are attacked side by side: who is still under way, what each has cost, and where finished images
/// go. Retired rows are not computed any further, and no row's result depends on the company it had.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "attacks/attack.h"

namespace weir {

/// The chosen rows of x, in their order. Plain layout.
Tensor keep_rows(const Tensor& x, std::span<const Index> kept);

/// What an attack holds for each row, when only some rows go on. Nothing is copied if all do.
void keep_rows_of(std::initializer_list<Tensor*> state, std::span<const Index> kept);

/// The same for what is held on the host.
template <class Entry>
void keep_entries(std::vector<Entry>& entries, std::span<const Index> kept) {
  for (std::size_t i = 0; i < kept.size(); ++i) entries[i] = entries[static_cast<std::size_t>(kept[i])];
  entries.resize(kept.size());
}

/// Puts rows of `from` into the same rows of `into` where `which` says so. Equal shapes, plain layout.
void overwrite_rows(Tensor& into, const Tensor& from, const std::vector<bool>& which);

class Lockstep {
 public:
  /// The victims must outlive it. All rows are under way.
  explicit Lockstep(const Victims& victims);

  bool any() const { return !active_.empty(); }
  Index count() const { return static_cast<Index>(active_.size()); }
  /// Of the rows under way: their rows in the task, for observers.
  std::span<const Index> task_rows() const { return task_rows_; }
  /// Row i of those under way is victim `victim(i)`.
  std::span<const Index> victims() const { return active_; }
  Index victim(Index i) const { return active_[static_cast<std::size_t>(i)]; }
  Effort& effort(Index i) { return efforts_[static_cast<std::size_t>(victim(i))]; }
  const Effort& effort(Index i) const { return efforts_[static_cast<std::size_t>(victim(i))]; }

  /// Books a query about the rows under way: passes, the first success, and whether a vanished or NaN
  /// gradient leaves a row nowhere to go. gradient [n, C, H, W].
  void note(const Tensor& logits, const Tensor& gradient);
  /// Of a query without gradient: every row still has a way to go. logits [n, classes]
  void note(const Tensor& logits);
  /// Whether the latest query showed that row i had reached its goal: with every network of an ensemble.
  bool fooled(Index i) const { return fooled_[static_cast<std::size_t>(i)]; }
  /// Whether the latest query left row i without a direction.
  bool stuck(Index i) const { return stuck_[static_cast<std::size_t>(i)]; }
  /// Whether that was for a NaN, in logits or gradient.
  bool broken(Index i) const { return stuck(i) && effort(i).failure == AttackStatus::fail_nan; }
  /// Of the rows under way: generator `child` of each row's own.
  std::vector<Rng> rngs(std::uint64_t child) const;
  /// Rows that go on from elsewhere: that a query left them without direction is not held against them.
  void forget_failures();
  /// Books a step of every row under way.
  void count_step();

  /// Ends rows: `images` [n, C, H, W] holds their results. Returns the positions of the rows that go on, for
  /// keep_rows on whatever state the attack holds.
  std::vector<Index> retire(const Tensor& images, const std::vector<bool>& done);
  /// Ends all rows that are left.
  Crafted finish(const Tensor& images);

 private:
  void read_logits(const Tensor& logits);
  void read_gradient(const Tensor& gradient);
  void deliver(const Tensor& images, const std::vector<bool>& done);

  const Victims& victims_;
  std::vector<Index> active_, task_rows_;
  std::vector<Effort> efforts_;
  std::vector<bool> fooled_, stuck_;
  Tensor result_;
};

}  // namespace weir
