/// The images that the attack of Carlini & Wagner works on at once. Each has its own constant, step and
/// iteration, so they need not keep pace with each other.
#pragma once

#include <vector>

#include "attacks/continuous_batch.h"
#include "attacks/cw_search.h"
#include "attacks/tanh_descent.h"

namespace weir {

class CwBatch {
 public:
  /// Both must outlive it.
  CwBatch(const CwOptions& options, const Victims& victims);

  bool any() const { return batch_.any(); }
  /// To ask the network about. [slots, C, H, W]
  const Tensor& images() const { return descent_.images(); }
  /// The gradients of c f at the logits of the images.
  SeedRule seeds() const;
  /// Shows the iteration to an observer; what is climbed is minus the loss. gradient: what came of the seeds.
  void watch(const AttackObserver& observer, Index number, const Tensor& logits,
             const Tensor& gradient) const;
  /// One iteration for every image.
  void advance(const Tensor& logits, const Tensor& gradient);
  /// When nothing is under way any more.
  Crafted finish();

 private:
  struct Reading {
    CwMargin margin;
    double distance = 0;  // squared
    double loss = 0;
  };
  CwGoal goal_of(Index slot) const;
  const CwSearch& search_in(Index slot) const;
  CwSearch& search_in(Index slot);
  std::vector<Reading> read(const Tensor& logits) const;
  void look_at_starts(const Tensor& gradient, const std::vector<Reading>& readings);
  SlotStep decide(Index slot, const Reading& reading, double watched);

  const CwOptions& options_;
  const Victims& victims_;
  ContinuousBatch batch_;
  TanhDescent descent_;
  std::vector<CwSearch> searches_;  // [n], of every victim
};

}  // namespace weir
