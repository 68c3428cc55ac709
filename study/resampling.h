/// Resampling of seed images: bootstrap, permutation, sign flips and split halves. Every draw is a pure
/// function of (seed, stream, replicate, position), so results do not depend on threads or on the order of
/// the calls.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "study/statistics.h"
#include "tensor/shape.h"

namespace weir {

struct ResampleOptions {
  std::uint64_t seed = 2018;
  std::uint32_t stream = 0;  // one per question, so that two tests never share their draws by accident
  Index replicates = 2000;
};

/// A number computed from some rows of a first group and some rows of a second (rows may repeat).
using TwoGroupStatistic = std::function<double(std::span<const Index> first, std::span<const Index> second)>;

struct GroupSizes {
  Index first = 0;
  Index second = 0;
};

/// The statistic on `replicates` resamples with replacement of both groups, in replicate order.
std::vector<double> bootstrap_values(GroupSizes sizes, const TwoGroupStatistic& statistic,
                                     const ResampleOptions& options);

/// Percentile interval of bootstrap values, without a correction of their bias.
Interval percentile_interval(const std::vector<double>& values, double confidence = 0.95);

/// Mean of bootstrap values minus the estimate. Above 0 for a distance: its noise is in the estimate once and
/// in a resample twice. Throws (usage) when `values` is empty.
double bootstrap_bias(const std::vector<double>& values, double estimate);

/// Share of relabellings whose statistic is at least the observed one, the observed labelling counted once:
/// never 0. Rows 0 … first-1 and first … first+second-1 are the groups as observed; the statistic sees pooled
/// row numbers.
double permutation_p_value(GroupSizes sizes, const TwoGroupStatistic& statistic,
                           const ResampleOptions& options);

/// The same for paired data: under the null the sign of each pair's difference is a fair coin.
double sign_flip_p_value(Index pairs, const std::function<double(std::span<const double> signs)>& statistic,
                         const ResampleOptions& options);

/// The statistic between two disjoint random halves of one group: what "no difference" looks like at that
/// size. With an odd number of rows one row sits out.
std::vector<double> split_half_values(Index rows, const TwoGroupStatistic& statistic,
                                      const ResampleOptions& options);

/// `count` distinct numbers out of 0 … population-1, each subset equally likely, in drawing order.
std::vector<Index> draw_distinct(Index population, Index count, const ResampleOptions& options);

}  // namespace weir
