/// Folding batch norm away changes no answer, and what cannot be folded is refused.
#include "layers/fold.h"

#include <gtest/gtest.h>

#include "layers/conv_unit.h"
#include "tests/layers/networks.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

TEST(Fold, GivesTheSameLogitsWithFewerParameters) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Device& device = Device::fastest();
    const Sequential network = small_network(device, Norming::before_activation, dtype);
    const auto folded = fold_batch_norm(network);
    EXPECT_EQ(count_buffers(*folded), 0);
    EXPECT_EQ(count_parameters(*folded), count_parameters(network) - 2 * (17 + 5 + 32));
    const Tensor images = random_images({20, 3, 12, 12}, 7, device, dtype);
    const Values before = Evaluator(network, device).logits(images).to_host_double();
    const Values after = Evaluator(*folded, device).logits(images).to_host_double();
    EXPECT_TRUE(within(after, before, Values(before.size(), dtype == DType::f64 ? 1e-12 : 1e-4)));
  }
}

TEST(Fold, LeavesTheOriginalAlone) {
  const Sequential network = small_network(Device::reference(), Norming::before_activation);
  const auto weight = [&] { return dynamic_cast<const ConvUnit&>(*network.layers()[0]).weight().value; };
  const Tensor before = weight();
  fold_batch_norm(network);
  EXPECT_TRUE(same_bits(weight(), before));
}

TEST(Fold, RefusesANormBehindTheActivation) {
  Sequential network;
  network.add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 3, .out = 4, .norm = Norm::after_activation},
                                         Device::reference()));
  EXPECT_THROW(fold_batch_norm(network), Error);
}

TEST(Sequential, ACloneIsAnotherNetworkWithTheSameValues) {
  Sequential network = small_network(Device::reference(), Norming::before_activation);
  const auto clone = network.clone();
  const Tensor images = random_images({2, 3, 12, 12}, 7, Device::reference());
  const Tensor before = Evaluator(*clone, Device::reference()).logits(images);
  EXPECT_TRUE(same_bits(before, Evaluator(network, Device::reference()).logits(images)));
  network.for_each_parameter(
      Module::Visitor([](Parameter& p) { p.value = Tensor::zeros(p.value.shape(), p.value.device()); }));
  EXPECT_TRUE(same_bits(Evaluator(*clone, Device::reference()).logits(images), before));
}

TEST(ConvUnit, NamesItsParametersAndWhatItGave) {
  const Sequential network = small_network(Device::reference(), Norming::before_activation);
  std::vector<std::string> names;
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) { names.push_back(p.name); }));
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 4),
            (std::vector<std::string>{"conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias"}));
  for (const bool fuse : {true, false}) {
    Tape tape({.record = Record::values, .fuse = fuse});
    network(tape.input(random_images({1, 3, 12, 12}, 7, Device::reference()), "images"));
    const Entry* last = tape.last_in_scope("conv2");
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->value.shape(), (Shape{1, 5, 12, 12}));
    for (const double value : last->value.to_host_double())
      EXPECT_GE(value, 0) << "the tap is the activation";
  }
}

}  // namespace
}  // namespace weir
