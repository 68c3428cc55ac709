#include "layers/fold.h"

#include <cmath>

#include "layers/conv_unit.h"

namespace weir {
namespace {

Tensor tensor_like(const std::vector<double>& values, const Tensor& like) {
  return Tensor::from_host(std::span<const double>(values), like.shape(), like.device()).as(like.dtype());
}

std::unique_ptr<ConvUnit> folded_unit(const ConvUnit& unit) {
  ConvOptions options = unit.options();
  expects(options.norm == Norm::before_activation,
          "{}: batch norm after the activation cannot be folded into the convolution", unit.name());
  options.norm = Norm::none;
  const BatchNormParameters& norm = unit.norm();
  std::vector<double> weight = unit.weight().value.to_host_double(),
                      bias = unit.bias().value.to_host_double();
  const std::vector<double> scale = norm.weight.value.to_host_double(),
                            shift = norm.bias.value.to_host_double();
  const std::vector<double> mean = norm.running_mean.value.to_host_double();
  const std::vector<double> variance = norm.running_variance.value.to_host_double();
  const std::size_t row = weight.size() / bias.size();
  for (std::size_t k = 0; k < bias.size(); ++k) {
    const double gain = scale[k] / std::sqrt(variance[k] + norm.epsilon);
    for (std::size_t i = 0; i < row; ++i) weight[k * row + i] *= gain;
    bias[k] = shift[k] + (bias[k] - mean[k]) * gain;
  }
  const Tensor& old = unit.weight().value;
  auto result = std::make_unique<ConvUnit>(unit.number(), options, old.device(), old.dtype());
  result->weight().value = tensor_like(weight, old);
  result->bias().value = tensor_like(bias, unit.bias().value);
  return result;
}

std::unique_ptr<Module> folded(const Module& module) {
  const auto* unit = dynamic_cast<const ConvUnit*>(&module);
  if (unit && unit->options().norm != Norm::none) return folded_unit(*unit);
  if (const auto* chain = dynamic_cast<const Sequential*>(&module)) return fold_batch_norm(*chain);
  if (const auto* residual = dynamic_cast<const Residual*>(&module))
    return std::make_unique<Residual>(residual->name(), fold_batch_norm(residual->branch()),
                                      fold_batch_norm(residual->shortcut()));
  return module.clone();
}

}  // namespace

std::unique_ptr<Sequential> fold_batch_norm(const Sequential& network) {
  auto result = std::make_unique<Sequential>(network.name());
  for (const Module* layer : network.layers()) result->add(folded(*layer));
  return result;
}

}  // namespace weir
