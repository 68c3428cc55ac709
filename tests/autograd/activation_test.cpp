/// Activations: each is its formula, keeps NaN, stays finite far out, and every layer that takes one takes
/// all.
#include "tensor/ops/activation.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>

#include "autograd/functions.h"
#include "tensor/ops/batch_norm.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/linear.h"
#include "tests/support/activations.h"
#include "tests/support/devices.h"
#include "tests/support/op_pass.h"

namespace weir {
namespace {

class ActivationOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor random(const Shape& shape, std::uint64_t seed) const {
    return tensor_of(floats(shape.volume(), {-2, 2}, {.seed = seed}), shape, device());
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, ActivationOn, testing::ValuesIn(device_names()), device_test_name);

TEST(Activation, HasANameOfItsOwnAndARowHere) {
  std::set<std::string_view> names;
  for (const Activation activation : all_activations) names.insert(to_string(activation));
  EXPECT_EQ(names.size(), all_activations.size());
  EXPECT_EQ(activation_rows().size() + 1, all_activations.size()) << "all but none";
  for (const ActivationRow& row : activation_rows()) EXPECT_TRUE(names.contains(to_string(row.activation)));
}

TEST_P(ActivationOn, IsItsFormula) {
  const Values x = floats(2 * 17 * 9, {-6, 6}, {.seed = 3});
  for (const ActivationRow& row : activation_rows())
    for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
      SCOPED_TRACE(to_string(row.activation));
      Tape tape({.record = Record::nothing});
      const Var in = tape.constant(tensor_of(x, {2, 17, 3, 3}, device()).in(layout));
      Values expected(x);
      for (double& value : expected) value = row.formula(value);
      EXPECT_TRUE(within(activate(in, row.activation).value().to_host_double(), expected,
                         exponential_tolerance(expected)));
    }
}

TEST_P(ActivationOn, HandsNanOnAndStaysFiniteFarOut) {
  const Tensor x = tensor_of({std::numeric_limits<double>::quiet_NaN(), 1000, -1000}, {3}, device());
  for (const ActivationRow& row : activation_rows()) {
    SCOPED_TRACE(to_string(row.activation));
    Tape tape;
    const Var in = tape.input(x, "x");
    const Var y = activate(in, row.activation);
    const Values value = y.value().to_host_double(), slope = tape.backward(y)[in].to_host_double();
    EXPECT_TRUE(std::isnan(value[0]));
    for (const std::size_t far : {1u, 2u}) {
      EXPECT_TRUE(std::isfinite(value[far]) && std::isfinite(slope[far])) << value[far] << ' ' << slope[far];
      EXPECT_GE(slope[far], 0) << "none of them falls there";
    }
  }
}

/// What a function of some inputs gives, and its gradients for a fixed cotangent.
std::vector<Tensor> value_and_gradients(const std::vector<Tensor>& inputs, const TapeOptions& options,
                                        const Function& f) {
  Tape tape(options);
  std::vector<Var> vars;
  for (const Tensor& input : inputs) vars.push_back(tape.input(input, "input"));
  const Var y = f(vars);
  const Tensor dy = uniform(y.shape(), {-1, 1}, {.seed = 8}, y.device());
  const Gradients gradients = tape.backward(y, dy);
  std::vector<Tensor> found{y.value()};
  for (const Var& var : vars) found.push_back(gradients[var]);
  return found;
}

/// `layer` with an activation of its own against the layer and then the activation.
void expect_same_as_apart(const std::vector<Tensor>& inputs,
                          const std::function<Var(std::span<const Var>, Activation)>& layer) {
  for (const Activation activation : all_activations)
    for (const Mode mode : {Mode::train, Mode::evaluate})
      for (const bool fuse : {true, false}) {
        SCOPED_TRACE(fmt::format("{}, fuse {}", to_string(activation), fuse));
        const TapeOptions options{.mode = mode, .fuse = fuse};
        const auto together = value_and_gradients(
            inputs, options, [&](std::span<const Var> in) { return layer(in, activation); });
        const auto apart = value_and_gradients(inputs, options, [&](std::span<const Var> in) {
          return activate(layer(in, Activation::none), activation);
        });
        for (std::size_t i = 0; i < together.size(); ++i) EXPECT_TRUE(same_bits(together[i], apart[i])) << i;
      }
}

TEST_P(ActivationOn, EveryConvolutionTakesEveryOne) {
  expect_same_as_apart({random({2, 17, 5, 4}, 1), random({5, 17, 3, 3}, 2), random({5}, 3)},
                       [](std::span<const Var> in, Activation activation) {
                         return conv2d(in[0], in[1], in[2], {.padding = 1, .activation = activation});
                       });
}

TEST_P(ActivationOn, EveryLinearLayerTakesEveryOne) {
  expect_same_as_apart(
      {random({3, 17}, 1), random({5, 17}, 2), random({5}, 3)},
      [](std::span<const Var> in, Activation activation) { return linear(in[0], in[1], in[2], activation); });
}

TEST_P(ActivationOn, EveryBatchNormTakesEveryOne) {
  const Parameter mean{"mean", random({17}, 4)};
  const Parameter variance{"variance", Tensor::filled({17}, 1.5, device())};
  expect_same_as_apart({random({2, 17, 3, 4}, 1), random({17}, 2), random({17}, 3)},
                       [&](std::span<const Var> in, Activation activation) {
                         return batch_norm(in[0], in[1], in[2],
                                           {.running_mean = mean, .running_variance = variance}, activation);
                       });
}

/// The operations themselves, without a tape: what inference alone would call.
TEST_P(ActivationOn, TheOperationsTakeEveryOneToo) {
  const Tensor x = random({2, 17, 5, 4}, 1), weight = random({5, 17, 3, 3}, 2), bias = random({5}, 3);
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), 1, 1);
  const Tensor rows = x.reshaped({2, 340}), matrix = random({5, 340}, 4);
  const std::vector<double> ones(17, 1.0), halves(17, 0.5);
  const ChannelScaling scaling{halves, ones, ones, halves};
  for (const Activation activation : all_activations) {
    SCOPED_TRACE(to_string(activation));
    const auto then = [&](const Tensor& y) { return activate(y, activation); };
    EXPECT_TRUE(same_bits(convolve(x, weight, bias, g, activation), then(convolve(x, weight, bias, g))));
    EXPECT_TRUE(same_bits(linear(rows, matrix, bias, activation), then(linear(rows, matrix, bias))));
    for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
      const Tensor y = normalise(x.in(layout), scaling, activation);
      EXPECT_TRUE(same_bits(y, then(normalise(x, scaling, Activation::none))));
      EXPECT_EQ(dirty_padding(y), 0);
    }
  }
}

}  // namespace
}  // namespace weir
