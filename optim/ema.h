/// An exponential moving average of a network: a smoother model than any single step's, at the price of one
/// pass over the weights.
#pragma once

#include <span>
#include <vector>

#include "autograd/var.h"

namespace weir {

/// After t updates the average is the sum of (1 - decay) decay^(t - s) value_s over s = 1..t, divided by the
/// sum of those weights: no memory of the initial values, which a plain average would keep for thousands of
/// steps.
class MovingAverage {
 public:
  /// The values (weights, and running statistics too) must outlive the average, which starts as a copy of
  /// them.
  MovingAverage(std::vector<const Parameter*> values, double decay);

  void update();

  Index updates() const { return updates_; }
  /// The averages, by the names of their values: what a checkpoint must hold, with updates().
  std::span<Parameter> state() { return averages_; }
  std::span<const Parameter> state() const { return averages_; }
  void restore_updates(Index updates) { updates_ = updates; }

 private:
  std::vector<const Parameter*> values_;
  std::vector<Parameter> averages_;
  double decay_;
  Index updates_ = 0;
};

}  // namespace weir
