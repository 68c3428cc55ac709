#include "tests/layers/networks.h"

#include "layers/conv_unit.h"
#include "layers/init.h"

namespace weir {
namespace {

void randomise(Parameter& parameter, Range range, std::uint64_t seed) {
  const Tensor& old = parameter.value;
  parameter.value =
      tensor_of(floats(old.shape().volume(), range, {.seed = seed}), old.shape(), old.device(), old.dtype());
}

}  // namespace

Sequential small_network(Device& device, Norming norming, DType dtype) {
  const Norm norm = norming == Norming::none ? Norm::none : Norm::before_activation;
  Sequential network;
  network.add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 3, .out = 17, .norm = norm}, device, dtype));
  network.add(std::make_unique<ConvUnit>(2, ConvOptions{.in = 17, .out = 5, .norm = norm}, device, dtype));
  network.add(std::make_unique<MaxPool2d>("pool1", PoolOptions{}));
  network.add(std::make_unique<ConvUnit>(3, ConvOptions{.in = 5, .out = 32, .norm = norm}, device, dtype));
  network.add(std::make_unique<GlobalMaxPool2d>("pool2"));
  network.add(std::make_unique<Linear>(
      "fc1", LinearOptions{.in = 32, .out = 33, .activation = Activation::relu}, device, dtype));
  network.add(std::make_unique<Linear>("fc2", LinearOptions{.in = 33, .out = 10}, device, dtype));
  initialise_he(network, {.seed = 31});
  std::uint64_t seed = 100;
  network.for_each_parameter(Module::Visitor([&](Parameter& p) {
    if (p.name.ends_with(".bias")) randomise(p, {-0.2f, 0.2f}, ++seed);
    if (p.name.starts_with("bn") && p.name.ends_with(".weight")) randomise(p, {0.5f, 1.5f}, ++seed);
  }));
  network.for_each_buffer(Module::Visitor([&](Parameter& p) {
    randomise(p, p.name.ends_with("var") ? Range{0.5f, 2.0f} : Range{-0.3f, 0.3f}, ++seed);
  }));
  return network;
}

Tensor random_images(const Shape& shape, std::uint64_t seed, Device& device, DType dtype) {
  return uniform(shape, {-1, 1}, {.seed = seed}, device, dtype);
}

Tensor two_cotangents(const Tensor& logits, RowRange) {
  Values one_class(static_cast<std::size_t>(logits.shape().volume()), 0.0);
  for (std::size_t i = 3; i < one_class.size(); i += 10) one_class[i] = 1;
  const std::vector<Tensor> both{logits,
                                 tensor_of(one_class, logits.shape(), logits.device(), logits.dtype())};
  return concatenate(both);
}

}  // namespace weir
