/// The operations against their formulas, written out in double precision and independent of our kernels:
/// devices that share a kernel share its mistakes.
#include <algorithm>
#include <cmath>
#include <functional>
#include <gmock/gmock.h>

#include "tensor/ops/activation.h"
#include "tensor/ops/batch_norm.h"
#include "tensor/ops/channels.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/dropout.h"
#include "tensor/ops/linear.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/pool2d.h"
#include "tensor/ops/softmax.h"
#include "tensor/ops/squared_error.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class Formula : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor tensor(const Values& values, const Shape& shape) const { return tensor_of(values, shape, device()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, Formula, testing::ValuesIn(device_names()), device_test_name);

Values random_values(const Shape& shape, std::uint64_t seed) {
  return floats(shape.volume(), {-2, 2}, {.seed = seed});
}

/// Calls f(y index, x index, weight index) for every product of the convolution.
template <class F>
void for_each_product(const ConvGeometry& g, const F& f) {
  for (Index n = 0; n < g.images; ++n)
    for (Index k = 0; k < g.out_channels; ++k)
      for (Index p = 0; p < g.out_height; ++p)
        for (Index q = 0; q < g.out_width; ++q)
          for (Index c = 0; c < g.in_channels; ++c)
            for (Index r = 0; r < g.window_height; ++r)
              for (Index s = 0; s < g.window_width; ++s) {
                const Index h = p * g.stride + r - g.padding, w = q * g.stride + s - g.padding;
                if (h < 0 || h >= g.height || w < 0 || w >= g.width) continue;
                f(static_cast<std::size_t>(((n * g.out_channels + k) * g.out_height + p) * g.out_width + q),
                  static_cast<std::size_t>(((n * g.in_channels + c) * g.height + h) * g.width + w),
                  static_cast<std::size_t>(((k * g.in_channels + c) * g.window_height + r) * g.window_width +
                                           s));
              }
}

struct ConvolutionShapes {
  Shape x, weight;
  Index stride, padding;
};

TEST_P(Formula, OfConvolutionAndItsGradients) {
  for (const auto& c : {ConvolutionShapes{{2, 3, 7, 6}, {17, 3, 3, 3}, 1, 1},
                        {{2, 17, 6, 7}, {16, 17, 3, 3}, 2, 1},
                        {{1, 16, 8, 5}, {33, 16, 5, 5}, 3, 2},
                        {{3, 5, 4, 4}, {2, 5, 1, 1}, 1, 0},
                        {{1, 4, 5, 6}, {7, 4, 2, 2}, 2, 1}}) {
    SCOPED_TRACE(to_string(c.x) + " with " + to_string(c.weight));
    const ConvGeometry g = conv_geometry(c.x, c.weight, c.stride, c.padding);
    const Shape y_shape{g.images, g.out_channels, g.out_height, g.out_width};
    const Values x = random_values(c.x, 1), weight = random_values(c.weight, 2),
                 dy = random_values(y_shape, 3);
    const Values bias = random_values({g.out_channels}, 4);
    Values y(dy.size()), y_size(dy.size()), dx(x.size()), dx_size(x.size()), dw(weight.size()),
        dw_size(weight.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = bias[i / static_cast<std::size_t>(g.out_height * g.out_width) % bias.size()];
    for (std::size_t i = 0; i < y.size(); ++i) y_size[i] = std::abs(y[i]);
    for_each_product(g, [&](std::size_t iy, std::size_t ix, std::size_t iw) {
      y[iy] += x[ix] * weight[iw];
      y_size[iy] += std::abs(x[ix] * weight[iw]);
      dx[ix] += dy[iy] * weight[iw];
      dx_size[ix] += std::abs(dy[iy] * weight[iw]);
      dw[iw] += dy[iy] * x[ix];
      dw_size[iw] += std::abs(dy[iy] * x[ix]);
    });
    const Tensor w = tensor(weight, c.weight), flow = tensor(dy, y_shape);
    const Tensor found = convolve(tensor(x, c.x), w, tensor(bias, {g.out_channels}), g);
    EXPECT_TRUE(within(found.to_host_double(), y, accumulation_tolerance(y_size)));
    EXPECT_TRUE(within(convolve_input_gradient(flow, w, g, Layout::plain).to_host_double(), dx,
                       accumulation_tolerance(dx_size)));
    EXPECT_TRUE(within(convolve_weight_gradient(flow, tensor(x, c.x), g).dweight.to_host_double(), dw,
                       accumulation_tolerance(dw_size)));
  }
}

/// What an op says to operands that it cannot take.
std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_P(Formula, OfConvolutionsGeometryNamesBothShapesWhenTheyDoNotFit) {
  EXPECT_THAT(message_of([] {
                conv_geometry({1, 16, 14, 14}, {32, 6, 3, 3}, 1, 1);
              }),
              testing::AllOf(testing::HasSubstr("[1, 16, 14, 14] has 16 channels"),
                             testing::HasSubstr("[32, 6, 3, 3] expects 6")));
  EXPECT_THAT(message_of([] {
                conv_geometry({1, 3, 2, 9}, {4, 3, 5, 5}, 1, 1);
              }),
              testing::HasSubstr("window 5x5"));
  EXPECT_THAT(message_of([] {
                conv_geometry({1, 3, 9, 9}, {4, 3, 5, 5}, 0, 1);
              }),
              testing::HasSubstr("stride 0"));
}

/// A vendor sees pointers: what does not fit must be refused before.
TEST_P(Formula, OfConvolutionRefusesOperandsOfOtherShapesAndTypes) {
  const auto zeros = [&](const Shape& shape, DType dtype = DType::f32) {
    return Tensor::zeros(shape, device(), dtype);
  };
  const Tensor x = zeros({1, 3, 4, 4}), weight = zeros({8, 3, 3, 3}), dy = zeros({1, 8, 4, 4});
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), 1, 1);
  const auto forward = [&](const Tensor& w, const Tensor& bias) {
    return message_of([&] { convolve(x, w, bias, g); });
  };
  EXPECT_EQ(forward(weight, zeros({8})), "no error");
  EXPECT_THAT(forward(weight, zeros({4})), testing::HasSubstr("the bias is [4], expected [8]"));
  EXPECT_THAT(forward(weight, zeros({8}, DType::f64)), testing::HasSubstr("the bias holds f64"));
  EXPECT_THAT(forward(weight.as(DType::f64), zeros({8})), testing::HasSubstr("the weight holds f64"));
  EXPECT_THAT(forward(zeros({8, 3, 1, 1}), zeros({8})), testing::HasSubstr("the weight is [8, 3, 1, 1]"));
  EXPECT_THAT(forward(weight.in(Layout::blocks_of_16), zeros({8})), testing::HasSubstr("expected plain"));
  EXPECT_THAT(message_of([&] {
                convolve(zeros({2, 3, 4, 4}), weight, zeros({8}), g);
              }),
              testing::HasSubstr("x is [2, 3, 4, 4]"));
  const auto input_gradient = [&](const Tensor& flow, const Tensor& w) {
    return message_of([&] { convolve_input_gradient(flow, w, g, Layout::plain); });
  };
  EXPECT_EQ(input_gradient(zeros({5, 8, 4, 4}), weight), "no error");
  EXPECT_THAT(input_gradient(zeros({1, 8, 3, 4}), weight), testing::HasSubstr("dy is [1, 8, 3, 4]"));
  EXPECT_THAT(input_gradient(dy, weight.as(DType::f64)), testing::HasSubstr("the weight holds f64"));
  const auto weight_gradient = [&](const Tensor& flow, const Tensor& image) {
    return message_of([&] { convolve_weight_gradient(flow, image, g); });
  };
  EXPECT_EQ(weight_gradient(dy, x), "no error");
  EXPECT_THAT(weight_gradient(zeros({1, 8, 4, 5}), x), testing::HasSubstr("dy is [1, 8, 4, 5]"));
  EXPECT_THAT(weight_gradient(dy, zeros({1, 4, 4, 4})), testing::HasSubstr("x is [1, 4, 4, 4]"));
  EXPECT_THAT(weight_gradient(dy, x.as(DType::f64)), testing::HasSubstr("x holds f64"));
}

TEST_P(Formula, OfTheLinearLayerRefusesOperandsOfOtherShapesAndTypes) {
  const auto zeros = [&](const Shape& shape) { return Tensor::zeros(shape, device()); };
  const Tensor x = zeros({2, 5}), weight = zeros({8, 5});
  EXPECT_THAT(message_of([&] { linear(x, weight, zeros({4})); }),
              testing::HasSubstr("the bias is [4], expected [8]"));
  EXPECT_THAT(message_of([&] { linear(x, weight.as(DType::f64), zeros({8})); }),
              testing::HasSubstr("the weight holds f64"));
  EXPECT_THAT(message_of([&] {
                linear_input_gradient(zeros({2, 7}), weight);
              }),
              testing::HasSubstr("dy [2, 7] does not fit weight [8, 5]"));
  EXPECT_THAT(message_of([&] {
                linear_weight_gradient(zeros({3, 8}), x);
              }),
              testing::HasSubstr("one cotangent per row"));
  EXPECT_THAT(message_of([&] { sum_rows(zeros({3})); }), testing::HasSubstr("[N, K], got [3]"));
}

TEST_P(Formula, OfBatchNormRefusesStatisticsOfOtherChannels) {
  const Tensor x = Tensor::zeros({2, 3, 2, 2}, device());
  const Values three(3, 1.0), four(4, 1.0);
  const auto normalised = [&](const ChannelScaling& scaling) {
    return message_of([&] { normalise(x, scaling, Activation::none); });
  };
  EXPECT_EQ(normalised({three, three, three, three}), "no error");
  EXPECT_THAT(normalised({four, three, three, three}), testing::HasSubstr("mean has 4 channels"));
  EXPECT_THAT(normalised({three, four, three, three}), testing::HasSubstr("variance has 4 channels"));
  EXPECT_THAT(normalised({three, three, four, three}), testing::HasSubstr("weight has 4 channels"));
  EXPECT_THAT(normalised({three, three, three, four}), testing::HasSubstr("bias has 4 channels"));
  const ChannelScaling fits{three, three, three, three};
  EXPECT_THROW(normalise_gradient(x, x, fits, {four, three}), Error);
  EXPECT_THROW(normalise_gradient(x, x, fits, {three, four}), Error);
  EXPECT_THROW(normalise_gradient(Tensor::zeros({2, 3, 2, 1}, device()), x, fits, {three, three}), Error);
  EXPECT_THROW(channel_gradient_sums(x, x, {three, four, three, three}), Error);
  EXPECT_THROW(merge(ChannelMoments{1, three, three}, ChannelMoments{1, four, four}), Error);
}

TEST_P(Formula, OfTheLinearLayer) {
  constexpr Index rows = 5, in = 37, out = 11;
  const Values x = random_values({rows, in}, 1), weight = random_values({out, in}, 2),
               bias = random_values({out}, 3);
  Values y, size;
  for (std::size_t n = 0; n < rows; ++n)
    for (std::size_t k = 0; k < out; ++k) {
      y.push_back(bias[k]);
      size.push_back(std::abs(bias[k]));
      for (std::size_t c = 0; c < in; ++c) {
        y.back() += x[n * in + c] * weight[k * in + c];
        size.back() += std::abs(x[n * in + c] * weight[k * in + c]);
      }
    }
  const Tensor found = linear(tensor(x, {rows, in}), tensor(weight, {out, in}), tensor(bias, {out}));
  EXPECT_TRUE(within(found.to_host_double(), y, accumulation_tolerance(size)));
}

TEST_P(Formula, OfMaxPooling) {
  const Shape shape{2, 17, 7, 6};
  const Values x = random_values(shape, 5);
  for (const Index window : {1, 2, 3})
    for (const Index stride : {1, 2, 3})
      for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
        Values y;
        const Index out_height = (7 - window) / stride + 1, out_width = (6 - window) / stride + 1;
        for (Index map = 0; map < 2 * 17; ++map)
          for (Index p = 0; p < out_height; ++p)
            for (Index q = 0; q < out_width; ++q) {
              double best = -INFINITY;
              for (Index r = 0; r < window; ++r)
                for (Index s = 0; s < window; ++s)
                  best = std::max(
                      best, x[static_cast<std::size_t>((map * 7 + p * stride + r) * 6 + q * stride + s)]);
              y.push_back(best);
            }
        const Tensor found = max_pool(tensor(x, shape).in(layout), {.window = window, .stride = stride});
        EXPECT_EQ(found.shape(), (Shape{2, 17, out_height, out_width}));
        EXPECT_EQ(found.to_host_double(), y) << "window " << window << ", stride " << stride;
      }
}

TEST_P(Formula, OfGlobalMaxPooling) {
  const Shape shape{3, 17, 2, 5};
  const Values x = random_values(shape, 6);
  Values y;
  for (std::size_t map = 0; map < 51; ++map) y.push_back(*std::max_element(&x[map * 10], &x[map * 10] + 10));
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16})
    EXPECT_EQ(global_max_pool(tensor(x, shape).in(layout)).to_host_double(), y);
}

TEST_P(Formula, OfAveragePooling) {
  const Shape shape{2, 17, 7, 6};
  const Values x = random_values(shape, 5);
  for (const Index window : {1, 2, 3})
    for (const Index stride : {1, 2, 3})
      for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
        Values y, size;
        const Index out_height = (7 - window) / stride + 1, out_width = (6 - window) / stride + 1;
        for (Index map = 0; map < 2 * 17; ++map)
          for (Index p = 0; p < out_height; ++p)
            for (Index q = 0; q < out_width; ++q) {
              y.push_back(0);
              size.push_back(0);
              for (Index r = 0; r < window; ++r)
                for (Index s = 0; s < window; ++s) {
                  const double pixel =
                      x[static_cast<std::size_t>((map * 7 + p * stride + r) * 6 + q * stride + s)];
                  y.back() += pixel / static_cast<double>(window * window);
                  size.back() += std::abs(pixel) / static_cast<double>(window * window);
                }
            }
        const Tensor found = avg_pool(tensor(x, shape).in(layout), {.window = window, .stride = stride});
        EXPECT_EQ(found.shape(), (Shape{2, 17, out_height, out_width}));
        EXPECT_TRUE(within(found.to_host_double(), y, accumulation_tolerance(size)))
            << "window " << window << ", stride " << stride;
      }
  EXPECT_THROW(avg_pool(tensor(x, shape), {.window = 8}), Error);
}

TEST_P(Formula, OfGlobalAveragePooling) {
  const Shape shape{3, 17, 2, 5};
  const Values x = random_values(shape, 6);
  Values y(51, 0.0), size(51, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i / 10] += x[i] / 10;
    size[i / 10] += std::abs(x[i]) / 10;
  }
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16})
    EXPECT_TRUE(within(global_avg_pool(tensor(x, shape).in(layout)).to_host_double(), y,
                       accumulation_tolerance(size)));
}

TEST_P(Formula, OfJoinedChannels) {
  const Tensor a = tensor(random_values({2, 17, 2, 3}, 1), {2, 17, 2, 3}),
               b = tensor(random_values({2, 5, 2, 3}, 2), {2, 5, 2, 3});
  const Values first = a.to_host_double(), second = b.to_host_double();
  Values expected;
  for (const std::ptrdiff_t n : {0, 1}) {
    expected.insert(expected.end(), first.begin() + n * 102, first.begin() + (n + 1) * 102);
    expected.insert(expected.end(), second.begin() + n * 30, second.begin() + (n + 1) * 30);
  }
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
    const Tensor joined = concatenate_channels(a.in(layout), b);
    EXPECT_EQ(joined.layout(), layout);
    EXPECT_EQ(joined.shape(), (Shape{2, 22, 2, 3}));
    EXPECT_EQ(joined.to_host_double(), expected);
    EXPECT_TRUE(same_bits(channel_slice(joined, 0, 17), a));
    EXPECT_TRUE(same_bits(channel_slice(joined, 17, 5), b));
  }
  EXPECT_THROW(concatenate_channels(a, b.batch_slice(0, 1)), Error);
  EXPECT_THROW(concatenate_channels(a, b.reshaped({2, 30})), Error);
  EXPECT_THROW(channel_slice(a, 13, 5), Error);
}

TEST_P(Formula, OfTheMeanSquaredError) {
  const Shape shape{3, 2, 3, 4};
  const Values x = random_values(shape, 1), target = random_values(shape, 2);
  Values expected(3, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) expected[i / 24] += (x[i] - target[i]) * (x[i] - target[i]) / 24;
  EXPECT_TRUE(within(mean_squared_error(tensor(x, shape), tensor(target, shape)).to_host_double(), expected,
                     accumulation_tolerance(expected)));
  EXPECT_THROW(mean_squared_error(tensor(x, shape), tensor(target, shape).batch_slice(0, 1)), Error);
}

TEST_P(Formula, OfSoftmaxAndItsLosses) {
  constexpr Index rows = 4, classes = 10;
  const Values z = random_values({rows, classes}, 7),
               targets = floats(rows * classes, {0, 0.3f}, {.seed = 8});
  const std::vector<std::int32_t> labels{3, 0, 9, 3};
  for (const double temperature : {1.0, 20.0, 0.5}) {
    Values p, hard, soft;
    for (std::size_t n = 0; n < rows; ++n) {
      double sum = 0, loss = 0;
      for (std::size_t k = 0; k < classes; ++k) sum += std::exp(z[n * classes + k] / temperature);
      for (std::size_t k = 0; k < classes; ++k) {
        p.push_back(std::exp(z[n * classes + k] / temperature) / sum);
        loss -= targets[n * classes + k] * std::log(p.back());
      }
      hard.push_back(-std::log(p[n * classes + static_cast<std::size_t>(labels[n])]));
      soft.push_back(loss);
    }
    const Tensor logits = tensor(z, {rows, classes}), weights = tensor(targets, {rows, classes});
    const auto agree = [](const Tensor& found, const Values& expected) {
      return within(found.to_host_double(), expected, exponential_tolerance(expected));
    };
    Values log_p(p);
    for (double& value : log_p) value = std::log(value);
    EXPECT_TRUE(agree(softmax(logits, temperature), p));
    EXPECT_TRUE(agree(log_softmax(logits, temperature), log_p));
    EXPECT_TRUE(agree(cross_entropy(logits, Labels::from_host(labels, device()), temperature), hard));
    EXPECT_TRUE(agree(cross_entropy(logits, weights, temperature), soft));
  }
}

TEST_P(Formula, OfPointwiseArithmeticInEveryLayout) {
  const Shape shape{2, 17, 3, 3};
  const Values a = random_values(shape, 9), b = random_values(shape, 10);
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
    const Tensor x = tensor(a, shape).in(layout), y = tensor(b, shape).in(layout);
    const auto expect = [&](const Tensor& found, const auto& f) {
      const Values values = found.to_host_double();
      for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(values[i], f(static_cast<float>(a[i]), static_cast<float>(b[i]))) << i;
      EXPECT_EQ(found.layout(), layout);
      EXPECT_EQ(dirty_padding(found), 0);
    };
    expect(x + y, [](float u, float v) { return u + v; });
    expect(x - y, [](float u, float v) { return u - v; });
    expect(x * y, [](float u, float v) { return u * v; });
    expect(0.3 * x, [](float u, float) { return u * 0.3f; });
    expect(x + 0.7, [](float u, float) { return u + 0.7f; });
    expect(add_scaled(x, 0.1, y), [](float u, float v) { return u + 0.1f * v; });
    expect(sign(x), [](float u, float) { return static_cast<float>((u > 0) - (u < 0)); });
    expect(clip(x, {-0.5f, 1.25f}), [](float u, float) { return std::clamp(u, -0.5f, 1.25f); });
    expect(clip(x, {0.5f, 1.25f}), [](float u, float) { return std::clamp(u, 0.5f, 1.25f); });
    expect(relu(x), [](float u, float) { return std::max(u, 0.0f); });
    expect(relu_gradient(x, y), [](float u, float v) { return v > 0 ? u : 0.0f; });
  }
  EXPECT_THROW(tensor(a, shape) + tensor(b, shape).reshaped({34, 9}), Error);
  EXPECT_THROW(tensor(a, shape) + tensor(b, shape).batch_slice(0, 1), Error) << "nothing is repeated";
}

TEST_P(Formula, OfSeveralCotangentsOverWhatOneForwardPassSaved) {
  const Tensor dy = tensor({1, 2, 3, 4, 5, 6}, {6, 1}), saved = tensor({10, -20}, {2, 1});
  EXPECT_EQ(times_saved(dy, saved).to_host_double(), (Values{10, -40, 30, -80, 50, -120}));
  EXPECT_EQ(relu_gradient(dy, saved).to_host_double(), (Values{1, 0, 3, 0, 5, 0}));
  EXPECT_THROW(times_saved(dy.batch_slice(0, 5), saved), Error);
}

TEST_P(Formula, OfDropoutKeepsTheMeanAndTheChoice) {
  const Shape shape{40, 17, 5, 5};
  const Values ones(static_cast<std::size_t>(shape.volume()), 1.0);
  const Rng rng{.seed = 3, .stream = 4};
  const Tensor x = tensor(ones, shape), dropped = dropout(x, 0.25, rng);
  const Values values = dropped.to_host_double();
  Index kept = 0;
  for (const double value : values) {
    ASSERT_TRUE(value == 0 || value == static_cast<float>(1 / 0.75)) << value;
    kept += value != 0;
  }
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(static_cast<double>(kept), 0.75 * count, 5 * std::sqrt(count * 0.75 * 0.25));
  EXPECT_TRUE(same_bits(dropout(x.in(Layout::blocks_of_16), 0.25, rng), dropped)) << "in every layout";
  EXPECT_TRUE(same_bits(dropout(x.batch_slice(33, 7), 0.25, rng, 33), dropped.batch_slice(33, 7)))
      << "wherever the batch is cut";
  EXPECT_FALSE(same_bits(dropout(x, 0.25, rng.split(1)), dropped)) << "in another stream";
  EXPECT_TRUE(same_bits(dropout(x, 0, rng), x));
  EXPECT_THROW(dropout(x, 1, rng), Error);
}

TEST_P(Formula, OfCrossEntropyWantsATemperatureAboveZero) {
  const Tensor logits = tensor({1, 2}, {1, 2}), targets = tensor({0, 1}, {1, 2});
  const std::vector<std::int32_t> one = {1};
  for (const double temperature : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(cross_entropy(logits, Labels::from_host(one, device()), temperature), Error);
    EXPECT_THROW(cross_entropy(logits, targets, temperature), Error);
  }
}

TEST_P(Formula, OfArgmaxTakesTheLowestIndexOnTies) {
  EXPECT_EQ(argmax_rows(tensor({1, 3, 3, 0, 0, 0, -1, -2, -0.5}, {3, 3})),
            (std::vector<std::int32_t>{1, 0, 2}));
}

}  // namespace
}  // namespace weir
