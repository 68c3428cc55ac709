#include "tensor/ops/batch_norm.h"

#include "tensor/kernels/batch_norm.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/image_views.h"
#include "tensor/ops/map.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

Tensor as_images(const Tensor& x) {
  return x.shape().rank() == 2 ? x.reshaped({x.shape()[0], x.shape()[1], 1, 1}) : x;
}

/// A channel vector on the device, padded with zeros to whole blocks.
Tensor channel_vector(const std::vector<double>& values, const Tensor& like) {
  std::vector<double> padded(values);
  padded.resize((values.size() + block_width - 1) / block_width * block_width, 0.0);
  const Shape shape{static_cast<Index>(padded.size())};
  const DType computed_in = like.dtype() == DType::f64 ? DType::f64 : DType::f32;
  return Tensor::from_host(std::span<const double>(padded), shape, like.device()).as(computed_in);
}

std::vector<double> products(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  for (std::size_t c = 0; c < a.size(); ++c) result[c] = a[c] * b[c];
  return result;
}

/// Channels of all images, pad channels too.
template <class View>
Index image_channels(const View& view) {
  return view.count * view.blocks() * View::lanes;
}

/// Mean and m2 of each channel of each image, [N * blocks * lanes]. A CPU walks the pixels with all lanes of
/// a block at once; a GPU, which has a thousand times the threads, deals the pixels of each channel to a
/// warp.
struct ImageMomentsFound {
  std::vector<double> mean, m2;
};
template <class Real, class View>
ImageMomentsFound moments_of_images(const Tensor& x, const View& view) {
  const Real* from = x.read<Real>(x.layout());
  Tensor mean = Tensor::uninitialised(Shape{image_channels(view)}, x.device(), DType::f64);
  Tensor m2 = Tensor::like(mean);
  if (x.device().is_host()) {
    for_each_index(x.device(), view.count * view.blocks(),
                   ImageMoments<Real, View>{view, from, mean.overwrite<double>(), m2.overwrite<double>()},
                   view.pixels() * View::lanes * 2);
    return {mean.to_host_double(), m2.to_host_double()};
  }
  const ChannelPixels<Real, View> pixels{view, from};
  const RowShape rows{image_channels(view), view.pixels()};
  reduce_rows<Sum<double>>(x.device(), rows, pixels, mean.overwrite<double>());
  reduce_rows<Sum<double>>(x.device(), rows,
                           SquaredDeviations<Real, View>{pixels, std::as_const(mean).read<double>()},
                           m2.overwrite<double>());
  std::vector<double> means = mean.to_host_double();
  for (double& value : means) value /= static_cast<double>(view.pixels());
  return {means, m2.to_host_double()};
}

/// What a batch norm's gradients sum up, for each channel of each image, [N * blocks * lanes] pairs of
/// numbers: of dz, of dz * xhat.
template <class Real, class View, class Through>
std::vector<double> gradient_sums_of_images(Device& device, const View& view,
                                            const GradientTermsOf<Real, Through>& terms_of) {
  static_assert(sizeof(GradientTerms) == 2 * sizeof(double));
  Tensor pairs = Tensor::uninitialised(Shape{2 * image_channels(view)}, device, DType::f64);
  auto* const sums = reinterpret_cast<GradientTerms*>(pairs.overwrite<double>());
  if (device.is_host())
    for_each_index(device, view.count * view.blocks(),
                   ImageGradientSums<Real, View, Through>{view, terms_of, sums},
                   view.pixels() * View::lanes * 2);
  else
    reduce_rows<SumOfTerms>(device, {image_channels(view), view.pixels()},
                            ChannelGradientTerms<Real, View, Through>{{view, terms_of.x}, terms_of}, sums);
  return pairs.to_host_double();
}

/// [N * blocks * lanes] pairs of sums -> [C] of each, added in image order.
template <class View>
ChannelGradientSums added_over_images(const View& view, const std::vector<double>& pairs) {
  const auto channels = static_cast<std::size_t>(view.channels);
  ChannelGradientSums sums{std::vector<double>(channels), std::vector<double>(channels)};
  const Index row = view.blocks() * View::lanes;
  for (Index n = 0; n < view.count; ++n)
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t pair = 2 * (static_cast<std::size_t>(n * row) + c);
      sums.dy[c] += pairs[pair];
      sums.dy_xhat[c] += pairs[pair + 1];
    }
  return sums;
}

void require_channels(std::string_view name, const std::vector<double>& values, const Tensor& x) {
  expects(static_cast<Index>(values.size()) == x.shape()[1], "batch norm's {} has {} channels, applied to {}",
          name, values.size(), to_string(x.shape()));
}

void require_channels(const ChannelScaling& scaling, const Tensor& x) {
  require_channels("mean", scaling.mean, x);
  require_channels("variance", scaling.inverse_deviation, x);
  require_channels("weight", scaling.weight, x);
  require_channels("bias", scaling.bias, x);
}

/// Calls f with what lies between a cotangent and the normalised value.
template <class F>
void with_gate(Activation activation, const F& f) {
  expects(activation == Activation::none || activation == Activation::relu,
          "batch norm takes its gradient through no {}", to_string(activation));
  if (activation == Activation::relu)
    f(ThroughRelu{});
  else
    f(ThroughNothing{});
}

}  // namespace

ChannelMoments merge(const ChannelMoments& a, const ChannelMoments& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  expects(a.mean.size() == b.mean.size(), "moments of {} and of {} channels do not merge", a.mean.size(),
          b.mean.size());
  ChannelMoments result{a.count + b.count, a.mean, a.m2};
  for (std::size_t c = 0; c < a.mean.size(); ++c) {
    const double gap = b.mean[c] - a.mean[c];
    result.mean[c] += gap * b.count / result.count;
    result.m2[c] += b.m2[c] + gap * gap * a.count * b.count / result.count;
  }
  return result;
}

ChannelMoments channel_moments(const Tensor& any) {
  const Tensor x = as_images(any);
  ChannelMoments total;
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    const Index row = view.blocks() * view.lanes;
    const auto [means, squares] = moments_of_images<Real>(x, view);
    for (Index n = 0; n < view.count; ++n) {
      const auto first = static_cast<std::ptrdiff_t>(n * row);
      total = merge(total, {static_cast<double>(view.pixels()),
                            {means.begin() + first, means.begin() + first + view.channels},
                            {squares.begin() + first, squares.begin() + first + view.channels}});
    }
  });
  return total;
}

Tensor normalise(const Tensor& any, const ChannelScaling& scaling, Activation activation) {
  const Tensor x = as_images(any);
  require_channels(scaling, x);
  Tensor y = Tensor::like(x);
  const Tensor mean = channel_vector(scaling.mean, x);
  const Tensor factor = channel_vector(products(scaling.inverse_deviation, scaling.weight), x);
  const Tensor shift = channel_vector(scaling.bias, x);
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    with_activation(activation, [&](auto f) {
      for_each_cell(x.device(), view,
                    Normalise<Real, decltype(view), decltype(f)>{
                        f, mean.read<Arithmetic<Real>>(), factor.read<Arithmetic<Real>>(),
                        shift.read<Arithmetic<Real>>(), x.read<Real>(x.layout()), y.overwrite<Real>()},
                    view.lanes);
    });
  });
  if (!with_activation(activation, [](auto f) { return f.keeps_zero; })) clear_padding(y);
  return any.shape().rank() == 2 ? y.reshaped(any.shape()) : y;
}

ChannelGradientSums channel_gradient_sums(const Tensor& dy_any, const Tensor& x_any,
                                          const ChannelScaling& scaling, Activation activation) {
  const Tensor x = as_images(x_any), dy = as_images(dy_any).in(x.layout());
  expects(dy.shape() == x.shape(), "a parameter gradient takes one cotangent per image: {} for {}",
          to_string(dy.shape()), to_string(x.shape()));
  require_channels(scaling, x);
  const Tensor mean = channel_vector(scaling.mean, x), inverse = channel_vector(scaling.inverse_deviation, x);
  const Tensor factor = channel_vector(products(scaling.inverse_deviation, scaling.weight), x);
  const Tensor shift = channel_vector(scaling.bias, x);
  ChannelGradientSums sums;
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    using Number = Arithmetic<Real>;
    with_gate(activation, [&](auto through) {
      const GradientTermsOf<Real, decltype(through)> terms_of{through,
                                                              mean.read<Number>(),
                                                              inverse.read<Number>(),
                                                              factor.read<Number>(),
                                                              shift.read<Number>(),
                                                              x.read<Real>(x.layout()),
                                                              dy.read<Real>(x.layout())};
      sums = added_over_images(view, gradient_sums_of_images(x.device(), view, terms_of));
    });
  });
  return sums;
}

Tensor normalise_gradient(const Tensor& dy_any, const Tensor& x_any, const ChannelScaling& scaling,
                          const ChannelGradientSums& means, Activation activation) {
  const Tensor x = as_images(x_any), dy = as_images(dy_any).in(x.layout());
  require_channels(scaling, x);
  require_channels("mean of dy", means.dy, x);
  require_channels("mean of dy * xhat", means.dy_xhat, x);
  const Index cotangents = cotangents_of(dy, x.shape());
  Tensor dx = Tensor::like(dy);
  const Tensor mean = channel_vector(scaling.mean, x), inverse = channel_vector(scaling.inverse_deviation, x);
  const Tensor factor = channel_vector(products(scaling.inverse_deviation, scaling.weight), x);
  const Tensor shift = channel_vector(scaling.bias, x);
  const Tensor mean_dy = channel_vector(means.dy, x), mean_dy_xhat = channel_vector(means.dy_xhat, x);
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    using Number = Arithmetic<Real>;
    Real* to = dx.overwrite<Real>();
    with_gate(activation, [&](auto through) {
      for (Index k = 0; k < cotangents; ++k)
        for_each_cell(
            x.device(), view,
            NormaliseGradient<Real, decltype(view), decltype(through)>{
                through, mean.read<Number>(), inverse.read<Number>(), factor.read<Number>(),
                shift.read<Number>(), mean_dy.read<Number>(), mean_dy_xhat.read<Number>(),
                x.read<Real>(x.layout()), dy.read<Real>(x.layout()) + k * x.storage(), to + k * x.storage()},
            view.lanes);
    });
  });
  return dy_any.shape().rank() == 2 ? dx.reshaped(dy_any.shape()) : dx;
}

}  // namespace weir
