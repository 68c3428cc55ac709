/// The bootstrap of whole images: a seed image that is drawn brings everything along that was made from it,
/// under every attack and on every network.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "study/path_comparison.h"

namespace weir {

/// A population whose path i belongs to the attacked image seeds[i], ascending.
struct SeedGroup {
  Population population;
  std::vector<Index> seeds;

  Index count() const { return std::ssize(seeds); }
  /// Fewer have no paths worth comparing.
  bool comparable() const { return count() >= 4; }
};

/// Rows of each group that a draw holds; the last are rows of the normal images, drawn for themselves.
using GroupRows = std::vector<std::vector<Index>>;
using GroupStatistic = std::function<double(const GroupRows& rows)>;

struct SeedDraws {
  Index images = 0;  // attacked
  Index normal = 0;  // normal images, or 0
  ResampleOptions options = {};
};

/// The statistic on resamples with replacement, in replicate order. A draw that leaves a group without any
/// row says nothing and is left out.
std::vector<double> bootstrap_seeds(std::span<const SeedGroup* const> groups, const SeedDraws& draws,
                                    const GroupStatistic& statistic);

/// The statistic on everything, with the percentile interval of its replicates and their bias.
Measured with_interval(std::span<const SeedGroup* const> groups, const SeedDraws& draws,
                       const GroupStatistic& statistic, double confidence = 0.95);

/// Two one-sided 95 % bounds: what a direction is decided by.
inline constexpr double two_bounds = 0.90;

}  // namespace weir
