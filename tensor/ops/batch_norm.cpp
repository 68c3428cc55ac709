#include "tensor/ops/batch_norm.h"

#include <array>

#include "tensor/kernels/batch_norm.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/image_views.h"
#include "tensor/ops/map.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

/// Channel vectors on the device, each padded with zeros to whole blocks, which begin where 16 bytes do. They
/// go in one copy: a GPU would wait for each.
template <class Real, std::size_t Count>
std::array<Tensor, Count> on_device(const std::array<std::vector<double>, Count>& vectors, Device& device) {
  const std::size_t padded = (vectors[0].size() + block_width - 1) / block_width * block_width;
  std::vector<Real> all(Count * padded, Real(0));
  for (std::size_t k = 0; k < Count; ++k)
    for (std::size_t c = 0; c < vectors[k].size(); ++c)
      all[k * padded + c] = static_cast<Real>(vectors[k][c]);
  const Shape shape{static_cast<Index>(all.size())};
  const Tensor together = Tensor::from_host(std::span<const Real>(all), shape, device);
  std::array<Tensor, Count> result;
  for (std::size_t k = 0; k < Count; ++k)
    result[k] = together.batch_slice(static_cast<Index>(k * padded), static_cast<Index>(padded));
  return result;
}

/// In the type that is computed with for maps like `like`; all vectors are of one length.
template <std::size_t Count>
std::array<Tensor, Count> channel_vectors(const std::array<std::vector<double>, Count>& vectors,
                                          const Tensor& like) {
  return like.dtype() == DType::f64 ? on_device<double>(vectors, like.device())
                                    : on_device<float>(vectors, like.device());
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
  const Index count = image_channels(view);
  Tensor both = Tensor::uninitialised(Shape{2 * count}, x.device(), DType::f64);
  double *const mean = both.overwrite<double>(), *const m2 = mean + count;
  if (x.device().is_host()) {
    for_each_index(x.device(), view.count * view.blocks(), ImageMoments<Real, View>{view, from, mean, m2},
                   view.pixels() * View::lanes * 2);
  } else {
    const ChannelPixels<Real, View> pixels{view, from};
    const RowShape rows{count, view.pixels()};
    reduce_rows<Sum<double>>(x.device(), rows, pixels, mean);  // a sum, until it is on the host
    reduce_rows<Sum<double>>(x.device(), rows, SquaredDeviations<Real, View>{pixels, mean}, m2);
  }
  const std::vector<double> values = both.to_host_double();
  ImageMomentsFound found{{values.begin(), values.begin() + count}, {values.begin() + count, values.end()}};
  if (!x.device().is_host())
    for (double& value : found.mean) value /= static_cast<double>(view.pixels());
  return found;
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
  const auto on = channel_vectors<3>(
      {scaling.mean, products(scaling.inverse_deviation, scaling.weight), scaling.bias}, x);
  const Tensor &mean = on[0], &factor = on[1], &shift = on[2];
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
  const auto on = channel_vectors<4>({scaling.mean, scaling.inverse_deviation,
                                      products(scaling.inverse_deviation, scaling.weight), scaling.bias},
                                     x);
  const Tensor &mean = on[0], &inverse = on[1], &factor = on[2], &shift = on[3];
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
  const Index cotangents = cotangents_of(dy, x);
  Tensor dx = Tensor::like(dy);
  const auto on = channel_vectors<6>(
      {scaling.mean, scaling.inverse_deviation, products(scaling.inverse_deviation, scaling.weight),
       scaling.bias, means.dy, means.dy_xhat},
      x);
  const Tensor &mean = on[0], &inverse = on[1], &factor = on[2], &shift = on[3], &mean_dy = on[4],
               &mean_dy_xhat = on[5];
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
