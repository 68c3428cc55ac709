#include <algorithm>

#include "tensor/cuda/bias_gradient.h"
#include "tensor/cuda/gemm.h"
#include "tensor/cuda/lowered_conv.h"
#include "tensor/kernels/batch_columns.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/pointwise.h"
#include "tensor/tensor.h"

namespace weir::cuda {
namespace {

Device& gpu() {
  static Device& device = Device::named("cuda");
  return device;
}

ColumnGeometry columns_of(const ConvGeometry& g) {
  return {g.height, g.width, g.window_height, g.window_width, g.stride, g.padding, g.out_height, g.out_width};
}

Index window_volume(const ConvGeometry& g) { return g.in_channels * g.window_height * g.window_width; }

/// f(first image, how many, scratch of so many times `each` elements): as many images at once as scratch
/// memory of a fixed size holds. Images are not mixed, so their number decides no bits.
template <class Real, class F>
void for_chunks(const ConvGeometry& g, Index each, const F& f) {
  constexpr Index scratch_bytes = Index{256} << 20;
  const Index fit = scratch_bytes / std::max<Index>(each * static_cast<Index>(sizeof(Real)), 1);
  const Index chunk = std::clamp<Index>(fit, 1, g.images);
  Tensor scratch = Tensor::uninitialised({chunk * each}, gpu(), dtype_of<Real>());
  for (Index first = 0; first < g.images; first += chunk)
    f(first, std::min(chunk, g.images - first), scratch.update<Real>());
}

template <class Real>
void forward(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Index pixels = g.out_height * g.out_width, window = window_volume(g);
  const Index image = g.in_channels * g.height * g.width, out = g.out_channels * pixels;
  for_chunks<Real>(g, window * pixels, [&](Index first, Index count, Real* columns) {
    Real* y = static_cast<Real*>(call.y) + first * out;
    for_each_index(gpu(), count * window * pixels,
                   BatchToColumns<Real>{columns_of(g), g.in_channels,
                                        static_cast<const Real*>(call.x) + first * image, columns});
    for_each_index(gpu(), count * out,
                   BiasOfBatch<Real>{g.out_channels, pixels, static_cast<const Real*>(call.bias), y});
    gemm({.m = g.out_channels,
          .n = pixels,
          .k = window,
          .a = call.weight,
          .b = columns,
          .c = y,
          .result = GemmCall::Result::accumulate,
          .numerics = call.numerics,
          .dtype = call.dtype},
         {.count = count, .b_stride = window * pixels, .c_stride = out});
    if (call.activation == Activation::relu)
      for_each_index(gpu(), count * out, pointwise::Unary<Real, pointwise::Relu>{{}, y, y});
  });
}

template <class Real>
void input_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Index pixels = g.out_height * g.out_width, window = window_volume(g);
  const Index image = g.in_channels * g.height * g.width, out = g.out_channels * pixels;
  for_chunks<Real>(g, window * pixels, [&](Index first, Index count, Real* columns) {
    gemm({.a_is = GemmCall::Operand::transposed,
          .m = window,
          .n = pixels,
          .k = g.out_channels,
          .a = call.weight,
          .b = static_cast<const Real*>(call.dy) + first * out,
          .c = columns,
          .numerics = call.numerics,
          .dtype = call.dtype},
         {.count = count, .b_stride = out, .c_stride = window * pixels});
    for_each_index(gpu(), count * image,
                   ColumnsToBatch<Real>{columns_of(g), columns, static_cast<Real*>(call.dx) + first * image});
  });
}

/// A gradient for each image, then their sum in the images' order.
template <class Real>
void weight_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Index pixels = g.out_height * g.out_width, window = window_volume(g),
              weights = g.out_channels * window;
  const Index image = g.in_channels * g.height * g.width, out = g.out_channels * pixels;
  for_chunks<Real>(g, window * pixels + weights, [&](Index first, Index count, Real* columns) {
    Real* parts = columns + count * window * pixels;
    for_each_index(gpu(), count * window * pixels,
                   BatchToColumns<Real>{columns_of(g), g.in_channels,
                                        static_cast<const Real*>(call.x) + first * image, columns});
    gemm({.b_is = GemmCall::Operand::transposed,
          .m = g.out_channels,
          .n = window,
          .k = pixels,
          .a = static_cast<const Real*>(call.dy) + first * out,
          .b = columns,
          .c = parts,
          .numerics = call.numerics,
          .dtype = call.dtype},
         {.count = count, .a_stride = out, .b_stride = window * pixels, .c_stride = weights});
    for_each_index(gpu(), weights,
                   SumInOrder<Real>{count, weights, first > 0, parts, static_cast<Real*>(call.dweight)});
  });
  if (call.dbias)
    sum_over_pixels(Device::named("cuda"),
                    LaidChannelItems<Real, Real>{
                        {out, 1, pixels}, g.out_channels, pixels, 1, static_cast<const Real*>(call.dy)},
                    g.images, static_cast<Real*>(call.dbias));
}

}  // namespace

void lowered_forward(const ConvCall& call) {
  with_real(call.dtype, [&](auto zero) { forward<decltype(zero)>(call); });
}
void lowered_input_gradient(const ConvCall& call) {
  with_real(call.dtype, [&](auto zero) { input_gradient<decltype(zero)>(call); });
}
void lowered_weight_gradient(const ConvCall& call) {
  with_real(call.dtype, [&](auto zero) { weight_gradient<decltype(zero)>(call); });
}

}  // namespace weir::cuda
