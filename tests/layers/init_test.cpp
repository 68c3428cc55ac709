/// Initial weights: orthonormal where they say so, of the variance they promise, a function of seed and name
/// alone.
#include "layers/init.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "layers/conv_unit.h"
#include "tests/layers/networks.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

/// The largest deviation of the Gram matrix of the shorter side from `scale` times the identity, and that
/// scale.
struct Orthonormality {
  double scale = 0, deviation = 0;
};

Orthonormality orthonormality_of(const Values& matrix, Index rows, Index columns) {
  const bool by_rows = rows <= columns;
  const Index vectors = by_rows ? rows : columns, length = by_rows ? columns : rows;
  const auto at = [&](Index v, Index i) {
    return matrix[static_cast<std::size_t>(by_rows ? v * columns + i : i * columns + v)];
  };
  const auto dot = [&](Index a, Index b) {
    double sum = 0;
    for (Index i = 0; i < length; ++i) sum += at(a, i) * at(b, i);
    return sum;
  };
  Orthonormality found{.scale = dot(0, 0)};
  for (Index a = 0; a < vectors; ++a)
    for (Index b = 0; b <= a; ++b)
      found.deviation = std::max(found.deviation, std::abs(dot(a, b) - (a == b ? found.scale : 0)));
  return found;
}

TEST(OrthonormalMatrix, HasOrthonormalRowsOrColumns) {
  for (const auto& [rows, columns] : {std::pair<Index, Index>{1, 1}, {5, 5}, {16, 27}, {48, 288}, {100, 7}}) {
    const Orthonormality found =
        orthonormality_of(orthonormal_matrix(rows, columns, {.seed = 3}), rows, columns);
    EXPECT_NEAR(found.scale, 1, 1e-14);
    EXPECT_LT(found.deviation, 1e-14) << rows << " x " << columns;
  }
}

/// Pre-activations of each layer, by walking the network as a reader would.
std::vector<Values> pre_activations(const Sequential& network, const Tensor& images) {
  Tape tape(Mode::evaluate, Record::nothing);
  Var x = tape.constant(images);
  std::vector<Values> found;
  for (const Module* layer : network.layers()) {
    if (const auto* conv = dynamic_cast<const ConvUnit*>(layer))
      found.push_back(conv->linear_part(x).value().to_host_double());
    if (const auto* linear = dynamic_cast<const Linear*>(layer))
      found.push_back(linear->linear_part(x).value().to_host_double());
    x = (*layer)(x);
  }
  return found;
}

double variance_of(const Values& values) {
  double mean = 0, variance = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values)
    variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  return variance;
}

TEST(Lsuv, GivesEveryLayerUnitVarianceAndTheHeadItsOwn) {
  Device& device = Device::fastest();
  Sequential network = small_network(device);
  const Tensor images = random_images({64, 3, 12, 12}, 5, device);
  const LsuvOptions options;
  initialise_lsuv(network, images, options, {.seed = 9});
  const auto layers = pre_activations(network, images);
  ASSERT_EQ(layers.size(), 5u);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const double target = i + 1 == layers.size() ? options.head_variance : 1.0;
    // The check runs in float, whose sums round by some 1e-6.
    EXPECT_NEAR(variance_of(layers[i]), target, (options.tolerance + 1e-5) * target) << "layer " << i;
  }
}

TEST(Lsuv, LeavesWeightsOrthogonalAndScaledByOneFactor) {
  Sequential network = small_network(Device::reference(), Norming::none, DType::f64);
  initialise_lsuv(network, random_images({16, 3, 12, 12}, 5, Device::reference(), DType::f64), {},
                  {.seed = 9});
  Index matrices = 0;
  network.for_each_parameter(Module::Visitor([&](Parameter& p) {
    if (!p.name.ends_with(".weight")) return;
    const Shape& shape = p.value.shape();
    const Orthonormality found = orthonormality_of(p.value.to_host_double(), shape[0], shape.row_volume());
    EXPECT_LT(found.deviation, 1e-13 * found.scale) << p.name;
    EXPECT_GT(found.scale, 0) << p.name;
    ++matrices;
  }));
  EXPECT_EQ(matrices, 5);
}

/// All parameters, one after the other.
Values parameters_of(const Sequential& network) {
  Values all;
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    for (const double value : p.value.to_host_double()) all.push_back(value);
  }));
  return all;
}

TEST(Init, IsAFunctionOfTheSeed) {
  Device& device = Device::reference();
  const Tensor images = random_images({16, 3, 12, 12}, 5, device);
  const auto lsuv = [&](std::uint64_t seed) {
    Sequential network = small_network(device);
    initialise_lsuv(network, images, {}, {.seed = seed});
    return parameters_of(network);
  };
  const auto he = [&](std::uint64_t seed) {
    Sequential network = small_network(device);
    initialise_he(network, {.seed = seed});
    return parameters_of(network);
  };
  EXPECT_TRUE(same_bits(lsuv(9), lsuv(9)));
  EXPECT_FALSE(same_bits(lsuv(9), lsuv(10)));
  EXPECT_TRUE(same_bits(he(9), he(9)));
  EXPECT_FALSE(same_bits(he(9), he(10)));
}

TEST(Init, AChangeInOneLayerLeavesTheOthersAlone) {
  Device& device = Device::reference();
  Sequential narrow, wide;
  for (Sequential* network : {&narrow, &wide}) {
    const Index width = network == &narrow ? 8 : 9;
    network->add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 3, .out = width}, device));
    network->add(std::make_unique<ConvUnit>(2, ConvOptions{.in = width, .out = 4}, device));
    network->add(std::make_unique<Linear>("fc1", LinearOptions{.in = 10, .out = 6}, device));
    initialise_he(*network, {.seed = 4});
  }
  const auto head = [](const Sequential& network) {
    return dynamic_cast<const Linear&>(*network.layers().back()).weight().value;
  };
  EXPECT_TRUE(same_bits(head(narrow), head(wide)));
}

// The variance of n normal numbers' sample variance is 2 / n: five deviations are one failure in 1.7 million.
TEST(He, HasVarianceTwoOverFanIn) {
  Sequential network;
  network.add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 64, .out = 64}, Device::reference()));
  network.add(std::make_unique<Linear>("fc1", LinearOptions{.in = 200, .out = 200}, Device::reference()));
  initialise_he(network, {.seed = 4}, {.linear_gain = 0.5});
  const auto variance = [](const Tensor& weight) { return variance_of(weight.to_host_double()); };
  const auto& conv = dynamic_cast<const ConvUnit&>(*network.layers()[0]);
  const auto& linear = dynamic_cast<const Linear&>(*network.layers()[1]);
  EXPECT_NEAR(variance(conv.weight().value) * 576 / 2, 1, 5 * std::sqrt(2.0 / (64 * 576)));
  EXPECT_NEAR(variance(linear.weight().value) * 200 / 0.5, 1, 5 * std::sqrt(2.0 / (200 * 200)));
  for (const double bias : conv.bias().value.to_host_double()) EXPECT_EQ(bias, 0);
}

TEST(Glorot, HasVarianceTwoOverBothFans) {
  Sequential network;
  network.add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 32, .out = 64}, Device::reference()));
  network.add(std::make_unique<Linear>("fc1", LinearOptions{.in = 300, .out = 100}, Device::reference()));
  initialise_glorot(network, {.seed = 4});
  const auto variance = [](const Tensor& weight) { return variance_of(weight.to_host_double()); };
  const auto& conv = dynamic_cast<const ConvUnit&>(*network.layers()[0]);
  const auto& linear = dynamic_cast<const Linear&>(*network.layers()[1]);
  EXPECT_NEAR(variance(conv.weight().value) * 9 * (32 + 64) / 2, 1, 5 * std::sqrt(2.0 / (32 * 64 * 9)));
  EXPECT_NEAR(variance(linear.weight().value) * (300 + 100) / 2, 1, 5 * std::sqrt(2.0 / (300 * 100)));
}

TEST(Lsuv, SaysWhichLayerHasNoVariance) {
  Sequential network = small_network(Device::reference());
  network.for_each_parameter(Module::Visitor([](Parameter& p) {
    if (p.name.ends_with(".bias")) p.value = Tensor::zeros(p.value.shape(), p.value.device());
  }));
  try {
    initialise_lsuv(network, Tensor::zeros({8, 3, 12, 12}, Device::reference()), {}, {.seed = 9});
    FAIL() << "constant images were accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::numerical);
    EXPECT_NE(std::string(error.what()).find("`conv1`"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace weir
