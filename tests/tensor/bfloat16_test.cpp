#include "tensor/kernels/bfloat16.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tensor/kernels/lanes.h"
#include "tensor/tensor.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

bfloat16 of_bits(std::uint32_t bits) {
  bfloat16 value;
  value.bits = static_cast<std::uint16_t>(bits);
  return value;
}

TEST(Bfloat16, EveryPatternSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float wide = of_bits(bits);
    if (std::isnan(wide))
      EXPECT_TRUE(std::isnan(static_cast<float>(bfloat16(wide)))) << bits;
    else
      EXPECT_EQ(bfloat16(wide).bits, bits);
  }
}

TEST(Bfloat16, LanesAreLoadedAndStoredAsSingleValuesAre) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const float values[16] = {0,           -0.0f,        1,     1.00390625f,
                            1.01171875f, -1.00390625f, nan,   -nan,
                            1e-41f,      inf,          -inf,  std::numeric_limits<float>::max(),
                            0.1f,        -0.1f,        3e38f, 7};
  bfloat16 stored[16];
  store_lanes(values, stored);
  float loaded[16];
  load_lanes(stored, loaded);
  for (int lane = 0; lane < 16; ++lane) {
    EXPECT_EQ(stored[lane].bits, bfloat16(values[lane]).bits) << lane;
    EXPECT_EQ(__builtin_bit_cast(std::uint32_t, loaded[lane]), std::uint32_t{stored[lane].bits} << 16)
        << lane;
  }
}

/// Against the definition: the nearer neighbour, and the even one when both are equally near.
TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  for (std::uint32_t bits = 0x3F00; bits < 0x4100; ++bits) {
    const float low = of_bits(bits), high = of_bits(bits + 1), middle = low + (high - low) / 2;
    EXPECT_EQ(bfloat16(std::nextafter(middle, low)).bits, bits);
    EXPECT_EQ(bfloat16(std::nextafter(middle, high)).bits, bits + 1);
    EXPECT_EQ(bfloat16(middle).bits, bits % 2 == 0 ? bits : bits + 1);
    EXPECT_EQ(bfloat16(-middle).bits, (bits % 2 == 0 ? bits : bits + 1) | 0x8000);
  }
  EXPECT_TRUE(std::isinf(static_cast<float>(bfloat16(std::numeric_limits<float>::max()))));
  EXPECT_TRUE(std::isinf(static_cast<float>(bfloat16(std::numeric_limits<float>::infinity()))));
}

class Layouts : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

TEST_P(Layouts, GiveBackWhatTheyWereGiven) {
  for (const Index channels : {1, 3, 16, 17, 48}) {
    const Shape shape{2, channels, 3, 5};
    const Tensor plain = tensor_of(floats(shape.volume(), {-2, 2}, {.seed = 3}), shape, device(), DType::f32);
    for (const Layout layout : {Layout::blocks_of_16, Layout::channels_last})
      for (const Layout other : {Layout::plain, Layout::blocks_of_16, Layout::channels_last}) {
        const Tensor there = plain.in(layout).in(other);
        EXPECT_EQ(there.layout(), other);
        EXPECT_EQ(there.to_host(), plain.to_host()) << channels << " channels";
      }
    const Tensor rounded = plain.as(DType::bf16);
    EXPECT_EQ(rounded.in(Layout::channels_last).to_host_double(), rounded.to_host_double());
    for (std::size_t i = 0; i < plain.to_host().size(); ++i)
      EXPECT_EQ(rounded.to_host_double()[i], static_cast<double>(bfloat16(plain.to_host()[i])));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, Layouts, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
