/// Feature maps in bfloat16: convolutions against double precision, widths that bfloat16 does not know, and
/// where the maps end. Our own kernels are compared by op_layout_test.
#include <cmath>
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tests/support/devices.h"
#include "tests/support/op_pass.h"

namespace weir {
namespace {

constexpr double half_ulp = 1.0 / 256;  // of a value rounded to 8 significant bits

class BFloat16Maps : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, BFloat16Maps, testing::ValuesIn(device_names()), device_test_name);

/// Values that bfloat16 holds exactly, so that only arithmetic rounds.
Values exact_values(Index count, const Rng& rng) {
  Values values = floats(count, {-2, 2}, rng);
  for (double& value : values) value = static_cast<double>(static_cast<float>(bfloat16(value)));
  return values;
}

struct Map {
  Index channels, height, width;
};

/// A 3x3 convolution of three such maps into 32 channels, with every gradient.
std::vector<Values> convolved(const Map& map, DType dtype, Device& device, Tape& tape) {
  const Shape image{3, map.channels, map.height, map.width}, filter{32, map.channels, 3, 3};
  const Var x = tape.input(tensor_of(exact_values(image.volume(), {.seed = 1}), image, device, dtype), "x");
  const Var weight =
      tape.input(tensor_of(exact_values(filter.volume(), {.seed = 2}), filter, device, dtype), "weight");
  const Var bias = tape.input(tensor_of(exact_values(32, {.seed = 3}), {32}, device, dtype), "bias");
  const Var y = conv2d(x, weight, bias, {.padding = 1});
  const Tensor dy =
      tensor_of(exact_values(y.shape().volume(), {.seed = 4}), y.shape(), device, y.value().dtype());
  const Gradients found = tape.backward(y, dy);
  return {y.value().to_host_double(), found[x].to_host_double(), found[weight].to_host_double(),
          found[bias].to_host_double()};
}

TEST_P(BFloat16Maps, ConvolutionsAreThoseOfDoublesRoundedOnce) {
  for (const Map& map :
       {Map{3, 9, 7}, {16, 9, 7}, {48, 9, 7}, {16, 32, 32}, {48, 16, 16}, {80, 8, 8}, {128, 4, 4}}) {
    SCOPED_TRACE(fmt::format("{} channels at {}x{}", map.channels, map.height, map.width));
    Tape narrow({.record = Record::for_all, .feature_maps = DType::bf16}), wide({.record = Record::for_all});
    const auto found = convolved(map, DType::f32, device(), narrow);
    const auto expected = convolved(map, DType::f64, Device::reference(), wide);
    const double pixels = static_cast<double>(3 * map.height * map.width);
    const double terms[] = {9.0 * static_cast<double>(map.channels), 9 * 32, pixels, pixels};
    for (std::size_t i = 0; i < found.size(); ++i) {
      Values tolerance = expected[i];
      // Sums of products of values below 2, added in float32; maps are then rounded, parameters are not.
      for (double& t : tolerance) t = (i < 2 ? std::abs(t) * half_ulp : 0) + 8 * 1.2e-7 * 4 * terms[i];
      EXPECT_TRUE(within(found[i], expected[i], tolerance)) << "result " << i;
    }
  }
}

TEST_P(BFloat16Maps, AConvolutionWhoseWidthsDoNotFitStaysInFloats) {
  Tape tape({.record = Record::for_all, .feature_maps = DType::bf16});
  const auto conv = [&](const Var& x, Index out) {
    const Shape filter{out, x.shape()[1], 3, 3};
    return conv2d(x,
                  tape.constant(tensor_of(floats(filter.volume(), {-1, 1}, {.seed = 6}), filter, device())),
                  tape.constant(tensor_of(Values(static_cast<std::size_t>(out), 0.5), {out}, device())),
                  {.padding = 1});
  };
  const Var x = tape.input(tensor_of(floats(2 * 3 * 36, {-1, 1}, {.seed = 5}), {2, 3, 6, 6}, device()), "x");
  const Var wide = conv(x, 32), odd = conv(wide, 23), again = conv(odd, 16);
  EXPECT_EQ(wide.value().dtype(), DType::bf16);
  EXPECT_EQ(wide.value().layout(), Layout::channels_last);
  EXPECT_EQ(odd.value().dtype(), DType::f32);
  EXPECT_EQ(again.value().dtype(), DType::f32);  // its input has 23 channels
  EXPECT_EQ(tape.backward(again)[x].dtype(), DType::f32);
}

TEST_P(BFloat16Maps, EndBehindTheLastMap) {
  const std::pair<const char*, Var (*)(const Var&)> ends[] = {
      {"flatten", flatten}, {"global_max_pool", global_max_pool}, {"global_avg_pool", global_avg_pool}};
  for (const auto& [name, end] : ends) {
    Tape tape({.record = Record::for_all, .feature_maps = DType::bf16});
    const Shape shape{2, 16, 3, 3};
    const Var map =
        tape.input(tensor_of(exact_values(shape.volume(), {.seed = 7}), shape, device(), DType::f32)
                       .in(Layout::channels_last)
                       .as(DType::bf16),
                   "map");
    const Var y = end(map);
    EXPECT_EQ(y.value().dtype(), DType::f32) << name;
    EXPECT_EQ(tape.backward(y)[map].dtype(), DType::bf16) << name;
  }
}

}  // namespace
}  // namespace weir
