#include "infoflow/compare.h"

#include <cmath>

#include "tensor/check.h"

namespace weir {
double distance(std::span<const double> a, std::span<const double> b) {
  expects(a.size() == b.size() && !a.empty(), "paths of {} and {} layers have no distance", a.size(),
          b.size());
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::abs(a[k] - b[k]);
  return sum / static_cast<double>(a.size());
}

Distances distance(const Path& a, const Path& b) { return {distance(a.iip, b.iip), distance(a.oip, b.oip)}; }

Distances distance(const Aggregate& a, const Aggregate& b) {
  return {distance(a.iip.value, b.iip.value), distance(a.oip.value, b.oip.value)};
}

}  // namespace weir
