#include "attacks/seeds.h"

#include <algorithm>

#include "attacks/reading.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

/// Takes a class out of a softmax. Finite, because -infinity minus -infinity would be NaN inside it; far
/// below any logit, so exp gives exactly 0.
constexpr double out_of_the_softmax = -1e30;

/// The logits without the label's class. A label shared by tied classes stays: with p_y at most 1/2 nothing
/// underflows.
Tensor without_label(const Tensor& logits, const Tensor& y) {
  return add_scaled(logits, out_of_the_softmax, relu(2.0 * y + -1.0));
}

void put_evenly_on_ties(std::span<const double> logits, std::span<double> weights) {
  const double best = *std::max_element(logits.begin(), logits.end());
  const auto ties = static_cast<double>(std::count(logits.begin(), logits.end(), best));
  for (std::size_t k = 0; k < logits.size(); ++k) weights[k] = logits[k] == best ? 1 / ties : 0;
}

}  // namespace

Tensor label_weights(const Victims& victims, LabelSource source) {
  const auto classes = static_cast<std::size_t>(victims.classes);
  std::vector<double> weights(static_cast<std::size_t>(victims.count()) * classes);
  for (Index i = 0; i < victims.count(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    const auto mine = std::span(weights).subspan(row * classes, classes);
    if (victims.targeted())
      mine[static_cast<std::size_t>(victims.targets[row])] = 1;
    else if (source == LabelSource::truth)
      mine[static_cast<std::size_t>(victims.labels[row])] = 1;
    else
      put_evenly_on_ties(victims.clean_logits_of(i), mine);
  }
  const Shape shape{victims.count(), victims.classes};
  return Tensor::from_host(std::span<const double>(weights), shape, victims.images.device())
      .as(victims.images.dtype());
}

SeedRule cross_entropy_seeds(CrossEntropy objective) {
  return [objective = std::move(objective)](const Tensor& logits, RowRange rows) {
    const Tensor y = objective.labels.batch_slice(rows.first, rows.count);
    const bool scaled = objective.scale == SeedScale::scaled;
    const Tensor p = softmax(scaled ? without_label(logits, y) : logits);
    return objective.targeted ? y - p : p - y;
  };
}

std::vector<double> objective_values(const CrossEntropy& objective, const Tensor& logits) {
  const std::vector<double> labels = objective.labels.to_host_double();
  const auto classes = static_cast<std::size_t>(logits.shape()[1]);
  std::vector<double> values;
  for_each_row(logits, [&](Index row, std::span<const double> z) {
    const auto weights = std::span(labels).subspan(static_cast<std::size_t>(row) * classes, classes);
    const auto label = std::ranges::find(weights, 1.0);
    const double value = objective.scale == SeedScale::scaled && label != weights.end()
                             ? log_odds_against(z, static_cast<std::int32_t>(label - weights.begin()))
                             : cross_entropy_of(z, weights);
    values.push_back(objective.targeted ? -value : value);
  });
  return values;
}

}  // namespace weir
