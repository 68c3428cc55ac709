#include "infoflow/compare.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "tensor/check.h"

namespace weir {
namespace {

using Rows = std::span<const Index>;

/// A random order of 0..n-1 (Fisher and Yates).
std::vector<Index> shuffled(Index n, const Rng& rng) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random_below(rng, i, i + 1)]);
  return order;
}

/// One of the two panels: the paths' values, and how they are aggregated.
struct Panel {
  std::vector<double> Path::*values;
  Curve curve;
};

std::vector<double> aggregated(std::span<const Path> paths, Rows rows, const Panel& panel) {
  if (panel.curve.weights.empty()) {
    std::vector<std::vector<double>> series;
    for (const Index row : rows) series.push_back(paths[static_cast<std::size_t>(row)].*panel.values);
    return aggregate_series(series, {.rule = Aggregation::median}).value;
  }
  std::vector<double> means(panel.curve.value.size(), 0.0);
  for (const Index row : rows) {
    const std::vector<double>& path = paths[static_cast<std::size_t>(row)].*panel.values;
    for (std::size_t k = 0; k < means.size(); ++k) means[k] += path[k] / static_cast<double>(rows.size());
  }
  return with_means(panel.curve, means);
}

double split_distance(std::span<const Path> paths, Rows order, const Panel& panel) {
  const std::size_t half = order.size() / 2;
  return distance(aggregated(paths, order.first(half), panel),
                  aggregated(paths, order.subspan(half, half), panel));
}

}  // namespace

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

std::vector<Distances> split_half_distances(std::span<const Path> paths, Index splits, Rng rng,
                                            const AggregateOptions& options) {
  expects(paths.size() >= 4, "{} paths cannot be split into halves worth comparing, expected at least 4",
          paths.size());
  const Aggregate whole = aggregate(paths, options);
  const Panel iip{&Path::iip, whole.iip}, oip{&Path::oip, whole.oip};
  std::vector<Distances> result;
  for (Index s = 0; s < splits; ++s) {
    const std::vector<Index> order = shuffled(std::ssize(paths), rng.split(static_cast<std::uint64_t>(s)));
    result.push_back({split_distance(paths, order, iip), split_distance(paths, order, oip)});
  }
  return result;
}

}  // namespace weir
