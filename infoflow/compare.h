/// How far apart two paths are.
#pragma once

#include <span>

#include "infoflow/aggregate.h"

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

}  // namespace weir
