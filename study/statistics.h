/// Descriptive numbers and exact tests of the study. Nothing here draws random numbers (those are in
/// resampling.h).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tensor/shape.h"

namespace weir {

struct Interval {
  double low = 0;
  double high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
};

/// One number of ours.
struct Measured {
  double value = 0;
  std::optional<Interval> interval = {};
  Index n = 0;                      // inputs behind it; 0: none, as behind a count of parameters
  std::optional<double> bias = {};  // mean of the bootstrap values behind the interval, minus the value
};

/// Throws (usage) when `values` is empty.
double mean(std::span<const double> values);

/// Sample standard deviation (n - 1 below the line); 0 for fewer than two values.
double standard_deviation(std::span<const double> values);

/// Standard error of the mean; 0 for fewer than two values.
double standard_error(std::span<const double> values);

/// quantile_of_sorted() of values in any order. Throws (usage) when there are none, or for a share outside
/// [0, 1].
double quantile(std::vector<double> values, double share);

/// Ranks from 1, ties share their mean rank.
std::vector<double> mid_ranks(std::span<const double> values);

/// Spearman's rank correlation with mid-ranks; 0 when either side is constant.
double spearman(std::span<const double> first, std::span<const double> second);

/// Holm's step-down adjustment (Holm 1979), in the order given: reject where the result is below the level.
std::vector<double> holm_adjusted(std::span<const double> p_values);

/// McNemar's exact two-sided test on the discordant pairs of one set of inputs under two conditions.
double mcnemar_p_value(Index only_first, Index only_second);

/// Chance that a value of the first kind exceeds one of the second, ties count half: the area under the
/// receiver's curve, from mid-ranks. Throws (usage) when either is empty.
double area_under_curve(std::span<const double> first, std::span<const double> second);

}  // namespace weir
