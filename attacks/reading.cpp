#include "attacks/reading.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tensor/argmax.h"

namespace weir {
namespace {

double best_other(std::span<const double> logits, std::int32_t index) {
  double rival = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < logits.size(); ++k)
    if (static_cast<std::int32_t>(k) != index) rival = std::max(rival, logits[k]);
  return rival;
}

/// log(1 + exp(x)), to full precision where exp(x) is small.
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

}  // namespace

std::int32_t predicted_class(std::span<const double> logits) {
  return static_cast<std::int32_t>(argmax(logits));
}

std::int32_t ranked_other(std::span<const double> logits, std::int32_t label, Index rank) {
  std::vector<std::int32_t> classes(logits.size());
  std::iota(classes.begin(), classes.end(), 0);
  std::erase(classes, label);
  std::ranges::stable_sort(classes, std::greater{},
                           [&](std::int32_t k) { return logits[static_cast<std::size_t>(k)]; });
  return classes[static_cast<std::size_t>(rank)];
}

double confidence_of(std::span<const double> logits, std::int32_t index) {
  return std::exp(-softplus(log_odds_against(logits, index)));
}

double lead_of(std::span<const double> logits, std::int32_t index) {
  return logits[static_cast<std::size_t>(index)] - best_other(logits, index);
}

double log_odds_against(std::span<const double> logits, std::int32_t index) {
  const auto mine = static_cast<std::size_t>(index);
  const double rival = best_other(logits, index);
  if (rival == -std::numeric_limits<double>::infinity()) return rival;
  double sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k)
    if (k != mine) sum += std::exp(logits[k] - rival);
  return std::log(sum) + (rival - logits[mine]);
}

double cross_entropy_of(std::span<const double> logits, std::span<const double> weights) {
  double sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k)
    if (weights[k] != 0) sum += weights[k] * softplus(log_odds_against(logits, static_cast<std::int32_t>(k)));
  return sum;
}

void for_each_row(const Tensor& x, const std::function<void(Index, std::span<const double>)>& visit) {
  const auto width = static_cast<std::size_t>(x.shape().row_volume());
  constexpr Index values_at_a_time = 65536;  // half a megabyte in double precision
  const Index rows_at_a_time =
      std::max<Index>(64, values_at_a_time / std::max<Index>(x.shape().row_volume(), 1));
  for (Index first = 0; first < x.rows(); first += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, x.rows() - first);
    const std::vector<double> values = x.batch_slice(first, count).to_host_double();
    for (Index row = 0; row < count; ++row)
      visit(first + row, std::span(values).subspan(static_cast<std::size_t>(row) * width, width));
  }
}

}  // namespace weir
