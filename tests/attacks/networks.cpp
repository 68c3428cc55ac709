#include "tests/attacks/networks.h"

#include <cmath>
#include <fmt/format.h>

#include "layers/conv_unit.h"
#include "layers/layers.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

void set(Parameter& parameter, const Values& values) {
  parameter.value =
      tensor_of(values, parameter.value.shape(), parameter.value.device(), parameter.value.dtype());
}

/// Variance 2 / fan-in, after He et al. 2015, so that signals keep their size.
void draw_parameters(Module& module, const Rng& rng) {
  std::uint64_t number = 0;
  module.for_each_parameter([&](Parameter& parameter) {
    const Shape& shape = parameter.value.shape();
    Values values = deviates(shape.volume(), rng.split(number++));
    const double size = shape.rank() == 1 ? 0.1 : std::sqrt(2.0 / static_cast<double>(shape.row_volume()));
    const bool batch_norm = parameter.name.starts_with("bn") && parameter.name.ends_with("weight");
    for (double& value : values) value = static_cast<float>(value * size + (batch_norm ? 1 : 0));
    set(parameter, values);
  });
}

}  // namespace

std::unique_ptr<Module> affine_network(const std::vector<Values>& weight, const Values& bias, Device& device,
                                       DType dtype) {
  Values flat;
  for (const Values& row : weight) flat.insert(flat.end(), row.begin(), row.end());
  const LinearOptions sizes{.in = static_cast<Index>(weight.front().size()),
                            .out = static_cast<Index>(weight.size())};
  auto linear = std::make_unique<Linear>("fc1", sizes, device, dtype);
  set(linear->weight(), flat);
  set(linear->bias(), bias);
  auto network = std::make_unique<Sequential>();
  network->add(std::make_unique<Flatten>("flatten")).add(std::move(linear));
  return network;
}

std::unique_ptr<Module> perceptron(const std::vector<Index>& widths, const Rng& rng, Device& device,
                                   DType dtype) {
  auto network = std::make_unique<Sequential>();
  network->add(std::make_unique<Flatten>("flatten"));
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const Activation activation = i + 1 < widths.size() ? Activation::relu : Activation::none;
    const LinearOptions options{.in = widths[i - 1], .out = widths[i], .activation = activation};
    network->add(std::make_unique<Linear>(fmt::format("fc{}", i), options, device, dtype));
  }
  draw_parameters(*network, rng);
  return network;
}

std::unique_ptr<Module> small_conv_network(Index classes, const Rng& rng, Device& device) {
  auto network = std::make_unique<Sequential>();
  network
      ->add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 3, .out = 7, .norm = Norm::before_activation},
                                       device))
      .add(std::make_unique<MaxPool2d>("pool1", PoolOptions{.window = 2, .stride = 2}))
      .add(std::make_unique<ConvUnit>(2, ConvOptions{.in = 7, .out = 9}, device))
      .add(std::make_unique<Flatten>("flatten"))
      .add(std::make_unique<Linear>(
          "fc1", LinearOptions{.in = 9 * 16, .out = 20, .activation = Activation::relu}, device))
      .add(std::make_unique<Linear>("fc2", LinearOptions{.in = 20, .out = classes}, device));
  draw_parameters(*network, rng);
  return network;
}

std::vector<Values> values_of(const Module& module) {
  std::vector<Values> values;
  const auto keep = [&](const Parameter& parameter) { values.push_back(parameter.value.to_host_double()); };
  module.for_each_parameter(Module::ConstVisitor(keep));
  module.for_each_buffer(Module::ConstVisitor(keep));
  return values;
}

Var shifted(const Var& z, const Values& offset) {
  Values all;
  for (Index row = 0; row < z.shape()[0]; ++row) all.insert(all.end(), offset.begin(), offset.end());
  const Tensor value = z.value() + tensor_of(all, z.shape(), z.device(), z.value().dtype());
  return z.tape().record("shift", {z}, value, [](const Tensor& dy, Cotangents& d) { d.add(0, dy); });
}

Var scaled(const Var& z, double factor) {
  return z.tape().record("scale", {z}, factor * z.value(),
                         [factor](const Tensor& dy, Cotangents& d) { d.add(0, factor * dy); });
}

Var broken_gradients(const Var& z, const std::function<bool(Index)>& is_broken) {
  Values factors;
  for (Index row = 0; row < z.shape()[0]; ++row)
    factors.insert(factors.end(), static_cast<std::size_t>(z.shape()[1]), is_broken(row) ? std::nan("") : 1);
  const Tensor times = tensor_of(factors, z.shape(), z.device());
  return z.tape().record("break", {z}, z.value(),
                         [times](const Tensor& dy, Cotangents& d) { d.add(0, times_saved(dy, times)); });
}

AttackTask random_task(Evaluator& evaluator, const Shape& shape, std::uint64_t seed, Range range,
                       DType dtype) {
  AttackTask task;
  task.images = uniform(shape, range, {seed}, evaluator.device(), dtype);
  task.truth = answers_of(evaluator, task.images);
  return task;
}

AttackTask line_task(const std::vector<Values>& images, const std::vector<std::int32_t>& truth,
                     Device& device, DType dtype) {
  Values flat;
  for (const Values& image : images) flat.insert(flat.end(), image.begin(), image.end());
  const Shape shape{static_cast<Index>(images.size()), 1, 1, static_cast<Index>(images.front().size())};
  AttackTask task;
  task.images = tensor_of(flat, shape, device, dtype);
  task.truth = labels_of(truth, device);
  return task;
}

Labels answers_of(Evaluator& evaluator, const Tensor& images) {
  return labels_of(argmax_rows(evaluator.logits(images)), evaluator.device());
}

Labels labels_of(const std::vector<std::int32_t>& values, Device& device) {
  return Labels::from_host(std::span<const std::int32_t>(values), device);
}

AttackTask rows_of(const AttackTask& task, const std::vector<Index>& rows) {
  AttackTask chosen = task;
  std::vector<Tensor> images;
  const std::vector<std::int32_t> truth = task.truth.to_host();
  const std::vector<std::int32_t> targets =
      task.targets ? task.targets->to_host() : std::vector<std::int32_t>{};
  std::vector<std::int32_t> chosen_truth, chosen_targets;
  chosen.ids.clear();
  for (const Index row : rows) {
    const auto i = static_cast<std::size_t>(row);
    images.push_back(task.images.batch_slice(row, 1));
    chosen_truth.push_back(truth[i]);
    if (task.targets) chosen_targets.push_back(targets[i]);
    chosen.ids.push_back(task.ids.empty() ? row : task.ids[i]);
  }
  chosen.images = concatenate(images);
  chosen.truth = labels_of(chosen_truth, task.truth.device());
  if (task.targets) chosen.targets = labels_of(chosen_targets, task.truth.device());
  return chosen;
}

}  // namespace weir
