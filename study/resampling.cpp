#include "study/resampling.h"

#include <numeric>

#include "data/shuffle.h"
#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {
namespace {

/// One replicate's random numbers. The domain keeps the study's draws apart from those of training and
/// attacks, which run under the same seed.
Rng rng_of(const ResampleOptions& options, Index replicate) {
  constexpr std::uint64_t study_domain = 0x5354554459;
  return Rng{.seed = options.seed}
      .split(study_domain)
      .split(options.stream)
      .split(static_cast<std::uint64_t>(replicate));
}

/// Uniform in 0 … bound-1, at one place of a replicate.
Index draw_below(Index bound, const Rng& rng, Index position) {
  return static_cast<Index>(
      random_below(rng, static_cast<std::uint64_t>(position), static_cast<std::uint64_t>(bound)));
}

std::vector<Index> counting(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

double share_at_least(double observed, const std::vector<double>& values) {
  Index reached = 1;  // the observed labelling is one of the possible ones
  for (const double value : values) reached += value >= observed ? 1 : 0;
  return static_cast<double>(reached) / static_cast<double>(values.size() + 1);
}

}  // namespace

std::vector<double> bootstrap_values(GroupSizes sizes, const TwoGroupStatistic& statistic,
                                     const ResampleOptions& options) {
  expects(sizes.first > 0, "a bootstrap needs at least one row, found {}", sizes.first);
  std::vector<double> values;
  std::vector<Index> first(static_cast<std::size_t>(sizes.first)),
      second(static_cast<std::size_t>(sizes.second));
  for (Index replicate = 0; replicate < options.replicates; ++replicate) {
    const Rng rng = rng_of(options, replicate);
    Index position = 0;
    for (Index& row : first) row = draw_below(sizes.first, rng, position++);
    for (Index& row : second) row = draw_below(sizes.second, rng, position++);
    values.push_back(statistic(first, second));
  }
  return values;
}

// The bias of a distance, a mean of absolute values, is told (bootstrap_bias) and not corrected. BC and BCa
// move the percentiles by the normal quantile of the share of values below the estimate; a distance near 0
// lies below all of them, that quantile is minus infinity, and both ends fall on the smallest value. The
// basic interval, the percentiles mirrored at the estimate, reaches below 0, where no distance lies. And the
// verdicts were written down for this interval before any run (paper.json).
Interval percentile_interval(const std::vector<double>& values, double confidence) {
  const double tail = (1.0 - confidence) / 2.0;
  return {quantile(values, tail), quantile(values, 1.0 - tail)};
}

double bootstrap_bias(const std::vector<double>& values, double estimate) { return mean(values) - estimate; }

double permutation_p_value(GroupSizes sizes, const TwoGroupStatistic& statistic,
                           const ResampleOptions& options) {
  std::vector<Index> rows = counting(sizes.first + sizes.second);
  const auto split = static_cast<std::size_t>(sizes.first);
  const auto value_of = [&](std::span<const Index> order) {
    return statistic(order.first(split), order.subspan(split));
  };
  const double observed = value_of(rows);
  std::vector<double> values;
  for (Index replicate = 0; replicate < options.replicates; ++replicate) {
    rows = drawn_in_front(sizes.first, sizes.first + sizes.second, rng_of(options, replicate));
    values.push_back(value_of(rows));
  }
  return share_at_least(observed, values);
}

double sign_flip_p_value(Index pairs, const std::function<double(std::span<const double> signs)>& statistic,
                         const ResampleOptions& options) {
  std::vector<double> signs(static_cast<std::size_t>(pairs), 1.0);
  const double observed = statistic(signs);
  std::vector<double> values;
  for (Index replicate = 0; replicate < options.replicates; ++replicate) {
    const Rng rng = rng_of(options, replicate);
    Index position = 0;
    for (double& sign : signs) sign = draw_below(2, rng, position++) == 0 ? 1.0 : -1.0;
    values.push_back(statistic(signs));
  }
  return share_at_least(observed, values);
}

std::vector<double> split_half_values(Index rows, const TwoGroupStatistic& statistic,
                                      const ResampleOptions& options) {
  expects(rows >= 2, "two halves need at least two rows, found {}", rows);
  const auto half = static_cast<std::size_t>(rows / 2);
  std::vector<double> values;
  for (Index replicate = 0; replicate < options.replicates; ++replicate) {
    const std::vector<Index> order = drawn_in_front(rows / 2 * 2, rows, rng_of(options, replicate));
    const std::span<const Index> drawn(order);
    values.push_back(statistic(drawn.first(half), drawn.subspan(half, half)));
  }
  return values;
}

std::vector<Index> draw_distinct(Index population, Index count, const ResampleOptions& options) {
  expects(0 <= count && count <= population, "cannot draw {} distinct images out of {}", count, population);
  std::vector<Index> rows = drawn_in_front(count, population, rng_of(options, 0));
  rows.resize(static_cast<std::size_t>(count));
  return rows;
}

}  // namespace weir
