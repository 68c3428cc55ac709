/// Networks in networks: a residual block adds its branches, and whoever walks layers finds those inside.
#include <gtest/gtest.h>
#include <utility>

#include "layers/conv_unit.h"
#include "layers/fold.h"
#include "layers/init.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/pointwise.h"
#include "tests/layers/networks.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

std::unique_ptr<ConvUnit> conv(int number, const ConvOptions& options, Device& device, DType dtype) {
  return std::make_unique<ConvUnit>(number, options, device, dtype);
}

/// conv1, a block that keeps its shape, a block that halves the map behind a 1x1 convolution, and a head.
Sequential small_resnet(Device& device, Norm norm = Norm::before_activation, DType dtype = DType::f32) {
  const auto none = Activation::none;
  const auto branch = [&] { return std::make_unique<Sequential>(); };
  Sequential network;
  network.add(conv(1, {.in = 3, .out = 5, .norm = norm}, device, dtype));
  auto layers = branch(), halving = branch(), shortcut = branch();
  layers->add(conv(2, {.in = 5, .out = 7, .norm = norm}, device, dtype));
  layers->add(conv(3, {.in = 7, .out = 5, .norm = norm, .activation = none}, device, dtype));
  network.add(std::make_unique<Residual>("residual1", std::move(layers), branch()));
  network.add(std::make_unique<ActivationLayer>("act1", Activation::relu));
  halving->add(conv(4, {.in = 5, .out = 9, .stride = 2, .norm = norm, .activation = none}, device, dtype));
  shortcut->add(
      conv(5, {.in = 5, .out = 9, .window = 1, .stride = 2, .padding = 0, .norm = norm, .activation = none},
           device, dtype));
  network.add(std::make_unique<Residual>("residual2", std::move(halving), std::move(shortcut)));
  network.add(std::make_unique<ActivationLayer>("act2", Activation::tanh));
  network.add(std::make_unique<AvgPool2d>("pool1", PoolOptions{}));
  network.add(std::make_unique<GlobalAvgPool2d>("pool2"));
  network.add(std::make_unique<Linear>("fc1", LinearOptions{.in = 9, .out = 10}, device, dtype));
  initialise_he(network, {.seed = 31});
  std::uint64_t seed = 0;
  network.for_each_buffer(Module::Visitor([&](Parameter& p) {
    const Range range = p.name.ends_with("var") ? Range{0.5f, 2.0f} : Range{-0.3f, 0.3f};
    p.value = uniform(p.value.shape(), range, {.seed = ++seed}, device, dtype);
  }));
  return network;
}

class ResidualOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, ResidualOn, testing::ValuesIn(device_names()), device_test_name);

Tensor given(const Module& module, const Tensor& x) {
  Tape tape(Mode::evaluate, Record::nothing);
  return module(tape.constant(x)).value();
}

TEST_P(ResidualOn, AddsItsBranches) {
  const Sequential network = small_resnet(device());
  const auto layers = network.layers();
  const Tensor x = given(*layers[0], random_images({2, 3, 8, 8}, 1, device()));
  const auto& keeping = dynamic_cast<const Residual&>(*layers[1]);
  const auto& halving = dynamic_cast<const Residual&>(*layers[3]);
  EXPECT_TRUE(same_bits(given(keeping, x), given(keeping.branch(), x) + x)) << "nothing is x itself";
  const Tensor y = given(halving, x);
  EXPECT_EQ(y.shape(), (Shape{2, 9, 4, 4}));
  EXPECT_TRUE(same_bits(y, given(halving.branch(), x) + given(halving.shortcut(), x)));
  EXPECT_FALSE(same_bits(y, given(halving.branch(), x)));
}

TEST_P(ResidualOn, AnswersHaveTheSameBitsInAnyBatch) {
  const Sequential network = small_resnet(device());
  Evaluator evaluator(network, device());
  const Tensor images = random_images({35, 3, 8, 8}, 1, device());
  const Answer all = evaluator.query(images, two_cotangents, 2);
  const Answer one = evaluator.query(images.batch_slice(33, 1), two_cotangents, 2);
  EXPECT_TRUE(same_bits(one.logits, all.logits.batch_slice(33, 1)));
  const Tensor flat = all.gradients.reshaped({70, 3, 8, 8});
  const std::vector<Tensor> expected{flat.batch_slice(33, 1), flat.batch_slice(68, 1)};
  EXPECT_TRUE(same_bits(one.gradients.reshaped({2, 3, 8, 8}), concatenate(expected)));
}

TEST(Residual, ParametersStandInOrderOfTheForwardPass) {
  std::vector<std::string> names;
  const Sequential network = small_resnet(Device::reference(), Norm::none);
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    if (p.name.ends_with(".weight")) names.push_back(p.name);
  }));
  EXPECT_EQ(names, (std::vector<std::string>{"conv1.weight", "conv2.weight", "conv3.weight", "conv4.weight",
                                             "conv5.weight", "fc1.weight"}));
}

TEST(Residual, GradientsReachEveryParameterOfBothBranches) {
  const Sequential network = small_resnet(Device::reference(), Norm::none, DType::f64);
  Tape tape;
  const Var y = network(tape.constant(random_images({2, 3, 8, 8}, 1, Device::reference(), DType::f64)));
  const Gradients gradients = tape.backward(y);
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    EXPECT_TRUE(enough_not_zero(gradients[p].to_host_double(), 0.2)) << p.name;
  }));
}

TEST(Residual, ACloneIsABlockOfItsOwn) {
  Sequential network = small_resnet(Device::reference());
  const auto clone = network.clone();
  const Tensor images = random_images({2, 3, 8, 8}, 7, Device::reference());
  const Tensor before = given(network, images);
  EXPECT_TRUE(same_bits(given(*clone, images), before));
  network.for_each_parameter(
      Module::Visitor([](Parameter& p) { p.value = Tensor::zeros(p.value.shape(), p.value.device()); }));
  EXPECT_TRUE(same_bits(given(*clone, images), before));
}

TEST(Residual, RefusesBranchesOfDifferentShapes) {
  auto layers = std::make_unique<Sequential>();
  layers->add(conv(1, {.in = 3, .out = 4}, Device::reference(), DType::f32));
  const Residual block("residual1", std::move(layers), std::make_unique<Sequential>());
  EXPECT_THROW(given(block, random_images({1, 3, 4, 4}, 1, Device::reference())), Error);
  EXPECT_THROW(Residual("residual1", std::make_unique<Sequential>(), nullptr), Error);
}

TEST(Residual, FoldingReachesInside) {
  const Sequential network = small_resnet(Device::fastest(), Norm::before_activation, DType::f64);
  const auto folded = fold_batch_norm(network);
  EXPECT_EQ(count_buffers(*folded), 0);
  EXPECT_EQ(count_parameters(*folded), count_parameters(network) - 2 * (5 + 7 + 5 + 9 + 9));
  const Tensor images = random_images({3, 3, 8, 8}, 7, Device::fastest(), DType::f64);
  const Values before = given(network, images).to_host_double();
  EXPECT_TRUE(within(given(*folded, images).to_host_double(), before, Values(before.size(), 1e-12)));
}

TEST(Residual, InitialisationReachesInside) {
  const Tensor images = random_images({64, 3, 8, 8}, 7, Device::reference());
  const auto initialised = [&](const std::function<void(Sequential&)>& initialise) {
    Sequential network = small_resnet(Device::reference(), Norm::none);
    network.for_each_parameter(
        Module::Visitor([](Parameter& p) { p.value = Tensor::zeros(p.value.shape(), p.value.device()); }));
    initialise(network);
    network.for_each_parameter(Module::Visitor([&](Parameter& p) {
      if (!p.name.ends_with(".weight")) return;
      EXPECT_TRUE(enough_not_zero(p.value.to_host_double(), 0.9)) << p.name;
    }));
    return network;
  };
  initialised([](Sequential& network) { initialise_he(network, {.seed = 5}); });
  initialised([](Sequential& network) { initialise_glorot(network, {.seed = 5}); });
  const Sequential network = initialised([&](Sequential& n) { initialise_lsuv(n, images, {}, {.seed = 5}); });
  const Tensor x = given(*network.layers()[0], images);
  const auto& block = dynamic_cast<const Residual&>(*network.layers()[1]);
  Tape tape(Mode::evaluate, Record::nothing);
  const Values before = dynamic_cast<const ConvUnit&>(*block.branch().layers()[0])
                            .linear_part(tape.constant(x))
                            .value()
                            .to_host_double();
  double mean = 0, square = 0;
  for (const double value : before) mean += value / static_cast<double>(before.size());
  for (const double value : before)
    square += (value - mean) * (value - mean) / static_cast<double>(before.size());
  EXPECT_NEAR(square, 1, LsuvOptions{}.tolerance + 1e-5) << "conv2 sees what conv1 gives";
}

/// A chain inside a chain is walked like a block.
TEST(Residual, NestedChainsAreInitialisedAndFoldedToo) {
  auto inner = std::make_unique<Sequential>("stage1");
  inner->add(conv(1, {.in = 3, .out = 4, .norm = Norm::before_activation}, Device::reference(), DType::f32));
  Sequential network;
  network.add(std::move(inner));
  initialise_he(network, {.seed = 5});
  EXPECT_EQ(count_buffers(*fold_batch_norm(network)), 0);
  const auto stage = std::as_const(network).layers();
  const auto& unit = dynamic_cast<const ConvUnit&>(*dynamic_cast<const Sequential&>(*stage[0]).layers()[0]);
  EXPECT_TRUE(enough_not_zero(unit.weight().value.to_host_double(), 0.9));
}

}  // namespace
}  // namespace weir
