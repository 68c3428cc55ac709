#include "models/prune_criterion.h"

#include <cmath>

#include "tensor/random.h"

namespace weir {
namespace {

/// Of each row of a layer's weight.
std::vector<double> row_sizes(const Tensor& weight) {
  const std::vector<double> values = weight.to_host_double();
  const auto row = static_cast<std::size_t>(weight.shape().row_volume());
  std::vector<double> sizes(values.size() / row);
  for (std::size_t i = 0; i < values.size(); ++i) sizes[i / row] += std::abs(values[i]);
  return sizes;
}

UnitScores negated(UnitScores scores) {
  for (std::vector<double>& layer : scores)
    for (double& value : layer) value = -value;
  return scores;
}

UnitScores weight_sizes(const std::vector<PrunableLayer>& layers, const Sequential& network) {
  UnitScores sizes(layers.size());
  network.for_each_parameter([&](const Parameter& value) {
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (value.name == layers[i].name + ".weight") sizes[i] = row_sizes(value.value);
  });
  return sizes;
}

UnitScores random_scores(const std::vector<PrunableLayer>& layers, std::uint64_t seed) {
  UnitScores scores;
  for (const PrunableLayer& layer : layers)
    scores.push_back(uniform({layer.width}, {0, 1}, Rng{.seed = seed}.split(stream_of(layer.name)),
                             Device::reference(), DType::f64)
                         .to_host_double());
  return scores;
}

}  // namespace

std::string_view to_string(PruneCriterion criterion) {
  switch (criterion) {
    case PruneCriterion::apoz:
      return "apoz";
    case PruneCriterion::l1:
      return "l1";
    case PruneCriterion::taylor:
      return "taylor";
    case PruneCriterion::random:
      return "random";
  }
  return {};
}

Measure measure_for(PruneCriterion criterion) {
  return criterion == PruneCriterion::taylor ? Measure::gradients_too : Measure::activations;
}

UnitScores redundancy(PruneCriterion criterion, const Architecture& architecture, const Sequential& network,
                      const UnitStatistics& statistics, std::uint64_t seed) {
  const std::vector<PrunableLayer> layers = prunable_layers(architecture);
  switch (criterion) {
    case PruneCriterion::apoz:
      return statistics.zeros;
    case PruneCriterion::l1:
      return negated(weight_sizes(layers, network));
    case PruneCriterion::taylor:
      return negated(statistics.effect);
    case PruneCriterion::random:
      return random_scores(layers, seed);
  }
  return {};
}

}  // namespace weir
