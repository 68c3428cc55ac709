/// What happens exactly at a kink, on a tie, at NaN and at the ends of the range, on every device. Attacks
/// depend on it.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "autograd/functions.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

class Conventions : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor tensor(const Values& values, const Shape& shape) const { return tensor_of(values, shape, device()); }
  Tensor tensor(const Values& values) const { return tensor(values, {static_cast<Index>(values.size())}); }

  /// f and its gradient for a cotangent of ones.
  struct Found {
    Values value, gradient;
  };
  Found found(const Tensor& x, const std::function<Var(const Var&)>& f) const {
    Tape tape(Mode::evaluate);
    const Var in = tape.input(x, "x");
    const Var y = f(in);
    return {y.value().to_host_double(), tape.backward(y)[in].to_host_double()};
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, Conventions, testing::ValuesIn(device_names()), device_test_name);

TEST_P(Conventions, TheSlopeOfReluAtZeroIsZero) {
  const Found f = found(tensor({-1, -0.0, 0, 1e-30, 2}), [](const Var& x) { return relu(x); });
  EXPECT_EQ(f.value, (Values{0, 0, 0, static_cast<float>(1e-30), 2}));
  EXPECT_EQ(f.gradient, (Values{0, 0, 0, 1, 1}));
}

TEST_P(Conventions, TheSlopeAtZeroIsZeroInFusedRelusToo) {
  const Tensor one = tensor({1}, {1, 1, 1, 1}), zero = tensor({0});
  const Found conv = found(tensor({-1, 0, 2, 0}, {1, 1, 2, 2}), [&](const Var& x) {
    return conv2d(x, x.tape().constant(one), x.tape().constant(zero), {.activation = Activation::relu});
  });
  EXPECT_EQ(conv.gradient, (Values{0, 0, 1, 0}));
  const Found matrix = found(tensor({-1, 0, 2}, {3, 1}), [&](const Var& x) {
    return linear(x, x.tape().constant(one.reshaped({1, 1})), x.tape().constant(zero), Activation::relu);
  });
  EXPECT_EQ(matrix.gradient, (Values{0, 0, 1}));
}

TEST_P(Conventions, SignOfZeroIsZero) {
  EXPECT_EQ(sign(tensor({-3, 0, -0.0, 1e-40, 5})).to_host_double(), (Values{-1, 0, 0, 1, 1}));
  EXPECT_TRUE(std::isnan(sign(tensor({none})).to_host_double()[0]));
}

/// A vendor's fused ReLU may give 0 for NaN (tensor/ops/conv2d.h), so this asks for the two apart.
TEST_P(Conventions, ReluClipAndConvolutionHandNanOn) {
  EXPECT_TRUE(std::isnan(relu(tensor({none})).to_host_double()[0]));
  EXPECT_TRUE(std::isnan(clip(tensor({none}), {-1, 1}).to_host_double()[0]));
  Tape tape({.record = Record::nothing, .fuse = false});
  for (const Index channels : {1, 16}) {
    Values pixels(static_cast<std::size_t>(channels * 25), 0.5);
    pixels[12] = none;
    const Var weight =
        tape.constant(tensor(Values(static_cast<std::size_t>(16 * channels * 9), 0.1), {16, channels, 3, 3}));
    const Var y =
        conv2d(tape.constant(tensor(pixels, {1, channels, 5, 5})), weight,
               tape.constant(tensor(Values(16, 0.0))), {.padding = 1, .activation = Activation::relu});
    const Values values = y.value().to_host_double();
    EXPECT_TRUE(std::isnan(values[12])) << "under the middle of the window, " << channels << " channels";
    EXPECT_FALSE(std::isnan(values[0])) << "far from it";
  }
}

TEST_P(Conventions, MaxPoolGivesATieToTheFirst) {
  const Found f = found(tensor({1, 1, 1, 1}, {1, 1, 2, 2}), [](const Var& x) { return max_pool(x, {}); });
  EXPECT_EQ(f.value, Values{1});
  EXPECT_EQ(f.gradient, (Values{1, 0, 0, 0}));
  const Found later = found(tensor({0, 2, 2, 1}, {1, 1, 2, 2}), [](const Var& x) { return max_pool(x, {}); });
  EXPECT_EQ(later.gradient, (Values{0, 1, 0, 0}));
  // -0 and 0 are equal, so the first of them wins.
  const Found zeros =
      found(tensor({-1, -0.0, 0, -1}, {1, 1, 2, 2}), [](const Var& x) { return max_pool(x, {}); });
  EXPECT_EQ(zeros.gradient, (Values{0, 1, 0, 0}));
}

TEST_P(Conventions, OverlappingWindowsEachPickTheirFirst) {
  const Found square = found(tensor(Values(9, 3.0), {1, 1, 3, 3}),
                             [](const Var& x) { return max_pool(x, {.window = 2, .stride = 1}); });
  EXPECT_EQ(square.gradient, (Values{1, 1, 0, 1, 1, 0, 0, 0, 0}));
}

TEST_P(Conventions, GlobalMaxPoolGivesATieToTheFirst) {
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
    const Found f =
        found(tensor({0, 4, 4, 1}, {1, 1, 2, 2}).in(layout), [](const Var& x) { return global_max_pool(x); });
    EXPECT_EQ(f.value, Values{4});
    EXPECT_EQ(f.gradient, (Values{0, 1, 0, 0}));
  }
}

TEST_P(Conventions, PoolsDoNotPoolNanAway) {
  for (const std::size_t place : {0u, 1u, 3u}) {
    Values pixels{7, 1, 2, 3};
    pixels[place] = none;
    const Found pooled = found(tensor(pixels, {1, 1, 2, 2}), [](const Var& x) { return max_pool(x, {}); });
    const Found global = found(tensor(pixels, {1, 1, 2, 2}), [](const Var& x) { return global_max_pool(x); });
    EXPECT_TRUE(std::isnan(pooled.value[0])) << place;
    EXPECT_TRUE(std::isnan(global.value[0])) << place;
    Values expected(4, 0.0);
    expected[place] = 1;
    EXPECT_EQ(pooled.gradient, expected) << "the gradient goes where the value came from";
    EXPECT_EQ(global.gradient, expected);
  }
}

TEST_P(Conventions, LogitsOfAnySizeStayFinite) {
  for (const double size : {100.0, 1e4, 1e30}) {
    const Tensor z = tensor({size, -size, 0, size, size, -size, 1, 2, 3}, {3, 3});
    for (const double value : softmax(z).to_host_double()) EXPECT_TRUE(std::isfinite(value)) << size;
    for (const double value : log_softmax(z).to_host_double()) EXPECT_TRUE(std::isfinite(value)) << size;
    const std::vector<std::int32_t> labels{0, 1, 2};
    const Found loss =
        found(z, [&](const Var& x) { return cross_entropy(x, Labels::from_host(labels, device())); });
    for (const double value : loss.value) EXPECT_TRUE(std::isfinite(value)) << size;
    for (const double value : loss.gradient) EXPECT_TRUE(std::isfinite(value)) << size;
  }
}

TEST_P(Conventions, EqualLogitsCostTheLogarithmOfTheClasses) {
  const std::vector<std::int32_t> labels{4};
  const Found loss = found(tensor(Values(10, 3.25), {1, 10}), [&](const Var& x) {
    return cross_entropy(x, Labels::from_host(labels, device()));
  });
  EXPECT_NEAR(loss.value[0], std::log(10.0), 4e-6);
  for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(loss.gradient[k], k == 4 ? -0.9 : 0.1, 1e-6);
}

TEST_P(Conventions, ALabelOutsideTheClassesGivesNan) {
  const std::vector<std::int32_t> labels{10, -1, 9};
  const Values loss =
      cross_entropy(tensor(Values(30, 0.0), {3, 10}), Labels::from_host(labels, device())).to_host_double();
  EXPECT_TRUE(std::isnan(loss[0]));
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_FALSE(std::isnan(loss[2]));
}

TEST_P(Conventions, TwoDropoutsOfOneScopeDrawTwoMasks) {
  const Tensor ones = tensor(Values(400, 1.0), {40, 10});
  const auto masks = [&](Record record) {
    Tape tape({.mode = Mode::train, .record = record});
    const auto scope = tape.scope("block");
    const Var first = dropout(tape.constant(ones), 0.5), second = dropout(tape.constant(ones), 0.5);
    return std::pair{first.value().to_host_double(), second.value().to_host_double()};
  };
  const auto [first, second] = masks(Record::for_all);
  EXPECT_NE(first, second);
  EXPECT_EQ(masks(Record::nothing), std::pair(first, second)) << "whatever is recorded";
}

TEST_P(Conventions, TheGradientOfAConstantIsExactlyZero) {
  const Found f =
      found(tensor(Values(32, -1.0), {2, 1, 4, 4}), [](const Var& x) { return global_max_pool(relu(x)); });
  EXPECT_EQ(f.value, (Values{0, 0}));
  EXPECT_EQ(f.gradient, Values(32, 0.0));
}

}  // namespace
}  // namespace weir
