/// How far apart two paths are, and how far apart two halves of one population would be.
#pragma once

#include <span>
#include <vector>

#include "infoflow/aggregate.h"
#include "tensor/random.h"

namespace weir {

/// (1/K) sum over layers of |a_k - b_k|, in the paths' unit. Throws usage if the lengths differ or are 0.
double distance(std::span<const double> a, std::span<const double> b);

struct Distances {
  double iip = 0;
  double oip = 0;
};

Distances distance(const Path& a, const Path& b);
/// Between the aggregated paths.
Distances distance(const Aggregate& a, const Aggregate& b);

/// Distances between two disjoint random halves of a population, once a split: a mean of absolute values is
/// never zero, so a distance between two populations says something only where it lies beyond these. An odd
/// path is left out. Hyper-parameters are fitted once, to all paths. Throws usage below four paths.
std::vector<Distances> split_half_distances(std::span<const Path> paths, Index splits, Rng rng,
                                            const AggregateOptions& options = {});

}  // namespace weir
