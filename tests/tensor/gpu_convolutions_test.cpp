/// The kernels behind the cuda device's convolutions that are functors, on the emulated grid and on every
/// other device, against the reference loops on whole numbers.
#include <gtest/gtest.h>
#include <numeric>
#include <tuple>

#include "tensor/cuda/bias_gradient.h"
#include "tensor/kernels/batch_columns.h"
#include "tensor/kernels/few_channels.h"
#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/conv2d.h"
#include "tests/support/approx.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class GpuConvolutions : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor whole(const Shape& shape, std::uint64_t seed) {
    return tensor_of(whole_numbers(shape.volume(), -4, 4, {.seed = seed}), shape, device());
  }
  Tensor packed(Index count) { return Tensor::uninitialised(Shape{count}, device()); }

  /// Whole numbers: every order gives the same bits. 70 pixels are more than one run.
  void expect_sums_of_channels(Index images) {
    const Index channels = 19, pixels = 70;
    const Tensor plain = whole({images, channels, 7, 10}, 8), last = plain.in(Layout::channels_last),
                 blocks = plain.in(Layout::blocks_of_16);
    const std::vector<float> values = plain.to_host();
    std::vector<float> expected(channels);
    for (std::size_t i = 0; i < values.size(); ++i) expected[i / pixels % channels] += values[i];
    const std::vector<LaidChannelItems<float>> ways = {
        {{channels * pixels, 1, pixels}, channels, pixels, 1, plain.read<float>()},
        {{channels * pixels, channels, 8}, channels, pixels, 8, last.read<float>(Layout::channels_last)},
        {{32 * pixels, 16, 16 * pixels}, channels, pixels, 16, blocks.read<float>(Layout::blocks_of_16)}};
    for (const LaidChannelItems<float>& way : ways) {
      Tensor dbias = Tensor::uninitialised({channels}, device());
      cuda::sum_over_pixels(device(), way, images, dbias.overwrite<float>());
      EXPECT_EQ(dbias.to_host(), expected) << images << " images, pixels " << way.strides.pixel << " apart";
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, GpuConvolutions, testing::ValuesIn(device_names()), device_test_name);

Tensor on_reference(const Tensor& x) { return x.to(Device::reference()); }

TEST_P(GpuConvolutions, OfFewChannelsForward) {
  for (const Index channels : {1, 3, 4})
    for (const Index out : {5, 32}) {
      const Tensor x = whole({2, channels, 6, 7}, 1), weight = whole({out, channels, 3, 3}, 2),
                   bias = whole({out}, 3);
      const Index padded = (out + 15) / 16 * 16;
      Tensor weights = packed(channels * 9 * padded);
      for_each_index(
          device(), channels * 9 * padded,
          PackForFewIn{
              {Toward::output, out, channels, weight.read<float>()}, padded, weights.overwrite<float>()});
      Tensor y = Tensor::uninitialised({2, out, 6, 7}, device(), DType::f32, Layout::blocks_of_16);
      const BlockedImages view{2, out, 6, 7};
      for_each_index(
          device(), view.cells(),
          FewChannelsForward{view, channels, out, true, x.read<float>(),
                             reinterpret_cast<const Floats4*>(std::as_const(weights).read<float>()),
                             bias.read<float>(), y.overwrite<float>()});
      const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), 1, 1);
      const Tensor expected =
          convolve(on_reference(x), on_reference(weight), on_reference(bias), g, Activation::relu);
      EXPECT_TRUE(same_bits(y, expected)) << channels << " to " << out;
    }
}

TEST_P(GpuConvolutions, OfFewChannelsTowardTheInput) {
  for (const Index channels : {1, 3, 4})
    for (const Index out : {5, 32}) {
      const Tensor dy = whole({2, out, 6, 7}, 1), weight = whole({out, channels, 3, 3}, 2);
      const Index count = (out + 15) / 16 * 16 * 9 * few_channels;
      Tensor weights = packed(count);
      for_each_index(
          device(), count,
          PackForFewOut{{Toward::input, out, channels, weight.read<float>()}, weights.overwrite<float>()});
      const Tensor flow = dy.in(Layout::blocks_of_16);
      Tensor dx = Tensor::uninitialised({2, channels, 6, 7}, device());
      for_each_index(
          device(), 2 * 6 * 7,
          FewChannelsInputGradient{{2, out, 6, 7},
                                   channels,
                                   flow.read<float>(Layout::blocks_of_16),
                                   reinterpret_cast<const Floats4*>(std::as_const(weights).read<float>()),
                                   dx.overwrite<float>()});
      const ConvGeometry g = conv_geometry(dx.shape(), weight.shape(), 1, 1);
      EXPECT_TRUE(
          same_bits(dx, convolve_input_gradient(on_reference(dy), on_reference(weight), g, Layout::plain)))
          << channels << " from " << out;
    }
}

/// The columns of a batch are those of its images, and come back as they do.
TEST_P(GpuConvolutions, ColumnsOfABatchAreThoseOfItsImages) {
  const Index images = 3, channels = 2;
  for (const auto& [window, stride, padding] :
       {std::tuple<Index, Index, Index>{3, 1, 1}, {3, 2, 0}, {5, 2, 2}, {1, 1, 0}}) {
    const ConvGeometry c =
        conv_geometry({images, channels, 9, 8}, {1, channels, window, window}, stride, padding);
    const ColumnGeometry g{c.height, c.width, window, window, stride, padding, c.out_height, c.out_width};
    const Index each = channels * window * window * c.out_height * c.out_width, volume = channels * 9 * 8;
    const Tensor x = whole({images, channels, 9, 8}, 4);
    Tensor columns = packed(images * each), one = packed(each), back = packed(images * volume),
           one_back = packed(volume);
    for_each_index(device(), images * each,
                   BatchToColumns<float>{g, channels, x.read<float>(), columns.overwrite<float>()});
    for_each_index(device(), images * volume,
                   ColumnsToBatch<float>{g, std::as_const(columns).read<float>(), back.overwrite<float>()});
    for (Index n = 0; n < images; ++n) {
      for_each_index(device(), channels * window * window * c.out_height,
                     ImageToColumns<float>{g, x.read<float>() + n * volume, one.overwrite<float>()});
      EXPECT_TRUE(same_bits(columns.batch_slice(n * each, each), one));
      for_each_index(device(), channels * 9,
                     ColumnsToImage<float>{g, std::as_const(one).read<float>(), one_back.overwrite<float>()});
      EXPECT_TRUE(same_bits(back.batch_slice(n * volume, volume), one_back));
    }
  }
}

TEST_P(GpuConvolutions, PartsOfAGradientAreSummedInTheirOrder) {
  const Index parts = 5, out = 3, in = 2, padded_out = 16, padded_in = 32;
  const Tensor part = whole({parts, 9, padded_in, padded_out}, 5);
  Tensor sum = Tensor::uninitialised({out, in, 3, 3}, device());
  for_each_index(
      device(), out * in * 9,
      SumGradientParts{parts, out, in, padded_out, padded_in, part.read<float>(), sum.overwrite<float>()});
  const std::vector<float> from = part.to_host(), found = sum.to_host();
  for (Index k = 0; k < out; ++k)
    for (Index c = 0; c < in; ++c)
      for (Index tap = 0; tap < 9; ++tap) {
        float expected = 0;
        for (Index p = 0; p < parts; ++p)
          expected += from[static_cast<std::size_t>(((p * 9 + tap) * padded_in + c) * padded_out + k)];
        EXPECT_EQ(found[static_cast<std::size_t>((k * in + c) * 9 + tap)], expected);
      }
}

TEST_P(GpuConvolutions, ItemsOfAChannelAreItsPixels) {
  const Index images = 2, channels = 19, pixels = 6;
  const Tensor plain = whole({images, channels, 2, 3}, 6), blocks = plain.in(Layout::blocks_of_16);
  Tensor of_plain = Tensor::uninitialised({images * channels}, device()), of_blocks = Tensor::like(of_plain);
  reduce_rows<Sum<float>>(
      device(), {images * channels, pixels},
      LaidChannelItems<float>{{channels * pixels, 1, pixels}, channels, pixels, 1, plain.read<float>()},
      of_plain.overwrite<float>());
  reduce_rows<Sum<float>>(
      device(), {images * channels, pixels},
      LaidChannelItems<float>{
          {32 * pixels, 16, 16 * pixels}, channels, pixels, 16, blocks.read<float>(Layout::blocks_of_16)},
      of_blocks.overwrite<float>());
  EXPECT_TRUE(same_bits(of_plain, of_blocks));
  const std::vector<float> values = plain.to_host(), sums = of_plain.to_host();
  EXPECT_EQ(sums[20], std::accumulate(values.begin() + 20 * pixels, values.begin() + 21 * pixels, 0.0f));
}

TEST_P(GpuConvolutions, BiasGradientsAreTheSumsOfTheirChannelsHoweverMapsLie) { expect_sums_of_channels(3); }

TEST_P(GpuConvolutions, BiasGradientsOfManyImagesAreAddedUpInGroupsFirst) {
  ASSERT_GT(600, cuda::most_rows_of_a_warp);
  expect_sums_of_channels(600);
}

}  // namespace
}  // namespace weir
