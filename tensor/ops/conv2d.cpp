#include "tensor/ops/conv2d.h"

#include "tensor/kernels/im2col.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/gemm.h"
#include "tensor/ops/linear.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

/// The 3-channel input stays plain, and so does what is as narrow: direct convolutions on blocks begin at 4
/// channels. Other feature maps lie as the vendor likes them.
Layout input_layout(const Tensor& x) {
  constexpr Index widest_image = 3;
  const Layout preferred = x.device().vendor().preferred_layout(x.dtype());
  if (x.dtype() == DType::bf16) return preferred;
  if (x.shape()[1] <= widest_image) return Layout::plain;
  return x.shape()[1] < block_width && x.layout() == Layout::plain ? Layout::plain : preferred;
}

ColumnGeometry columns_of(const ConvGeometry& g) {
  return {g.height, g.width, g.window_height, g.window_width, g.stride, g.padding, g.out_height, g.out_width};
}

Index window_volume(const ConvGeometry& g) { return g.in_channels * g.window_height * g.window_width; }

/// Runs f(image number, columns buffer [C*R*S, P*Q]) image by image: the shape of a gemm never contains the
/// batch.
template <class Real, class F>
void for_each_image(const ConvGeometry& g, Device& device, const F& f) {
  Tensor columns =
      Tensor::uninitialised({window_volume(g), g.out_height * g.out_width}, device, dtype_of<Real>());
  for (Index n = 0; n < g.images; ++n) f(n, columns);
}

Shape input_shape(const ConvGeometry& g) { return {g.images, g.in_channels, g.height, g.width}; }
Shape weight_shape(const ConvGeometry& g) {
  return {g.out_channels, g.in_channels, g.window_height, g.window_width};
}
Shape output_shape(const ConvGeometry& g) { return {g.images, g.out_channels, g.out_height, g.out_width}; }

void require_images(std::string_view name, const Tensor& images, const Shape& shape) {
  expects(images.shape() == shape, "{} is {}, the geometry of this convolution says {}", name,
          to_string(images.shape()), to_string(shape));
}

template <class Real>
void lowered_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvGeometry& g,
                     Tensor& y) {
  const Index pixels = g.out_height * g.out_width;
  const Real* from = x.read<Real>();
  const Real* offsets = bias.defined() ? bias.read<Real>() : nullptr;
  Real* to = y.overwrite<Real>();
  for_each_image<Real>(g, x.device(), [&](Index n, Tensor& columns) {
    const Real* image = from + n * x.shape().row_volume();
    Real* out = to + n * g.out_channels * pixels;
    for_each_index(x.device(), window_volume(g) * g.out_height,
                   ImageToColumns<Real>{columns_of(g), image, columns.overwrite<Real>()}, g.out_width);
    for_each_index(x.device(), g.out_channels, BroadcastBias<Real>{pixels, offsets, out}, pixels);
    run_gemm(x.device(), {.m = g.out_channels,
                          .n = pixels,
                          .k = window_volume(g),
                          .a = weight.read<Real>(),
                          .b = columns.read<Real>(),
                          .c = out,
                          .result = GemmCall::Result::accumulate,
                          .dtype = x.dtype()});
  });
}

template <class Real>
void lowered_input_gradient(const Tensor& dy, const Tensor& weight, const ConvGeometry& g, Tensor& dx) {
  const Index pixels = g.out_height * g.out_width;
  Real* to = dx.overwrite<Real>();
  for_each_image<Real>(g, dy.device(), [&](Index n, Tensor& columns) {
    run_gemm(dy.device(), {.a_is = GemmCall::Operand::transposed,
                           .m = window_volume(g),
                           .n = pixels,
                           .k = g.out_channels,
                           .a = weight.read<Real>(),
                           .b = dy.read<Real>() + n * g.out_channels * pixels,
                           .c = columns.overwrite<Real>(),
                           .dtype = dy.dtype()});
    const Index volume = g.in_channels * g.height * g.width;
    for_each_index(dy.device(), g.in_channels * g.height,
                   ColumnsToImage<Real>{columns_of(g), columns.read<Real>(), to + n * volume}, g.width);
  });
}

template <class Real>
void lowered_weight_gradient(const Tensor& dy, const Tensor& x, const ConvGeometry& g,
                             WeightGradient& result) {
  const Index pixels = g.out_height * g.out_width;
  Real* dweight = result.dweight.update<Real>();
  for_each_image<Real>(g, dy.device(), [&](Index n, Tensor& columns) {
    for_each_index(dy.device(), window_volume(g) * g.out_height,
                   ImageToColumns<Real>{columns_of(g), x.read<Real>() + n * x.shape().row_volume(),
                                        columns.overwrite<Real>()},
                   g.out_width);
    run_gemm(dy.device(), {.b_is = GemmCall::Operand::transposed,
                           .m = g.out_channels,
                           .n = window_volume(g),
                           .k = pixels,
                           .a = dy.read<Real>() + n * g.out_channels * pixels,
                           .b = columns.read<Real>(),
                           .c = dweight,
                           .result = GemmCall::Result::accumulate,
                           .dtype = dy.dtype()});
  });
  Tensor sums = Tensor::uninitialised({g.images, g.out_channels}, dy.device(), dy.dtype());
  reduce_rows<Sum<Real>>(dy.device(), {g.images * g.out_channels, pixels},
                         RowItems<Real>{pixels, dy.read<Real>()}, sums.overwrite<Real>());
  result.dbias = sum_rows(sums);
}

/// Where nobody convolves in bfloat16, its values are computed in float32 and rounded at the end.
Tensor as_floats(const Tensor& x) { return x.in(Layout::plain).as(DType::f32); }

}  // namespace

ConvGeometry conv_geometry(const Shape& x, const Shape& weight, Index stride, Index padding) {
  expects(x.rank() == 4, "convolution wants images [N, C, H, W], got {}", to_string(x));
  expects(weight.rank() == 4, "convolution wants a weight [K, C, R, S], got {}", to_string(weight));
  expects(x[1] == weight[1], "x {} has {} channels, weight {} expects {}", to_string(x), x[1],
          to_string(weight), weight[1]);
  expects(stride >= 1 && padding >= 0, "stride {} and padding {}: a stride is 1 or more, a padding 0 or more",
          stride, padding);
  expects(x[2] + 2 * padding >= weight[2] && x[3] + 2 * padding >= weight[3],
          "the window {}x{} is larger than the padded input of {}", weight[2], weight[3], to_string(x));
  return {.images = x[0],
          .in_channels = x[1],
          .height = x[2],
          .width = x[3],
          .out_channels = weight[0],
          .window_height = weight[2],
          .window_width = weight[3],
          .stride = stride,
          .padding = padding,
          .out_height = (x[2] + 2 * padding - weight[2]) / stride + 1,
          .out_width = (x[3] + 2 * padding - weight[3]) / stride + 1};
}

Tensor convolve(const Tensor& x_any, const Tensor& weight, const Tensor& bias, const ConvGeometry& g,
                Activation activation, Numerics numerics) {
  require_images("x", x_any, input_shape(g));
  require_operand("weight", weight, weight_shape(g), x_any);
  if (bias.defined()) require_operand("bias", bias, {g.out_channels}, x_any);
  if (activation != Activation::none && !is_fusible(activation))
    return activate(convolve(x_any, weight, bias, g, Activation::none, numerics), activation);
  Device& device = x_any.device();
  const Tensor x = x_any.in(input_layout(x_any));
  Tensor y =
      Tensor::uninitialised(output_shape(g), device, x.dtype(), device.vendor().preferred_layout(x.dtype()));
  if (g.images == 0) return y;
  const ConvCall call{.geometry = g,
                      .dtype = x.dtype(),
                      .numerics = numerics,
                      .activation = activation,
                      .x_layout = x.layout(),
                      .y_layout = y.layout(),
                      .x = x.raw(),
                      .weight = weight.raw(),
                      .weight_version = weight.version(),
                      .bias = bias.defined() ? bias.raw() : nullptr,
                      .y = y.raw_overwrite()};
  if (offered(device, Timed::conv_forward, [&](Vendor& vendor) { return vendor.conv2d(call); })) return y;
  if (x.dtype() == DType::bf16)
    return convolve(as_floats(x), weight, bias, g, activation, numerics).as(DType::bf16).in(y.layout());
  y = Tensor::uninitialised(y.shape(), device, x.dtype());
  with_real(x.dtype(),
            [&](auto zero) { lowered_forward<decltype(zero)>(x.in(Layout::plain), weight, bias, g, y); });
  return activation == Activation::none ? y : activate(y, activation);
}

Tensor convolve_input_gradient(const Tensor& dy_any, const Tensor& weight, const ConvGeometry& geometry,
                               Layout x_layout, Numerics numerics) {
  Device& device = dy_any.device();
  ConvGeometry g = geometry;
  g.images = dy_any.rows();
  require_images("dy", dy_any, output_shape(g));
  require_operand("weight", weight, weight_shape(g), dy_any);
  const Tensor dy = dy_any.in(device.vendor().preferred_layout(dy_any.dtype()));
  const bool stays_plain = x_layout == Layout::plain && dy.dtype() != DType::bf16;
  const Layout layout = stays_plain ? Layout::plain : dy.layout();  // a vendor knows its own two
  Tensor dx = Tensor::uninitialised(input_shape(g), device, dy.dtype(), layout);
  if (g.images == 0) return dx.in(x_layout);
  const ConvCall call{.geometry = g,
                      .dtype = dy.dtype(),
                      .numerics = numerics,
                      .x_layout = layout,
                      .y_layout = dy.layout(),
                      .weight = weight.raw(),
                      .weight_version = weight.version(),
                      .dy = dy.raw(),
                      .dx = dx.raw_overwrite()};
  if (offered(device, Timed::conv_input_gradient,
              [&](Vendor& vendor) { return vendor.conv2d_input_gradient(call); }))
    return dx.in(x_layout);
  if (dy.dtype() == DType::bf16)
    return convolve_input_gradient(as_floats(dy), weight, geometry, Layout::plain, numerics)
        .as(DType::bf16)
        .in(x_layout);
  dx = Tensor::uninitialised(dx.shape(), device, dy.dtype());
  with_real(dy.dtype(),
            [&](auto zero) { lowered_input_gradient<decltype(zero)>(dy.in(Layout::plain), weight, g, dx); });
  return dx.in(x_layout);
}

WeightGradient convolve_weight_gradient(const Tensor& dy_any, const Tensor& x_any, const ConvGeometry& g,
                                        Numerics numerics) {
  Device& device = dy_any.device();
  expects(dy_any.rows() == g.images, "a weight gradient takes one cotangent per image: {} rows for {} images",
          dy_any.rows(), g.images);
  require_images("dy", dy_any, output_shape(g));
  require_images("x", x_any, input_shape(g));
  expects(dy_any.dtype() == x_any.dtype(), "dy holds {}, x holds {}", to_string(dy_any.dtype()),
          to_string(x_any.dtype()));
  const Tensor x = x_any.in(input_layout(x_any));
  const Tensor dy = dy_any.in(device.vendor().preferred_layout(dy_any.dtype()));
  const DType dtype = dy.dtype() == DType::bf16 ? DType::f32 : dy.dtype();
  const Shape weight = weight_shape(g);
  if (g.images == 0)
    return {Tensor::zeros(weight, device, dtype), Tensor::zeros({g.out_channels}, device, dtype)};
  WeightGradient result{Tensor::uninitialised(weight, device, dtype),
                        Tensor::uninitialised({g.out_channels}, device, dtype)};
  const ConvCall call{.geometry = g,
                      .dtype = dy.dtype(),
                      .numerics = numerics,
                      .x_layout = x.layout(),
                      .y_layout = dy.layout(),
                      .x = x.raw(),
                      .dy = dy.raw(),
                      .dweight = result.dweight.raw_overwrite(),
                      .dbias = result.dbias.raw_overwrite()};
  if (offered(device, Timed::conv_weight_gradient,
              [&](Vendor& vendor) { return vendor.conv2d_weight_gradient(call); }))
    return result;
  if (dy.dtype() == DType::bf16) return convolve_weight_gradient(as_floats(dy), as_floats(x), g, numerics);
  result.dweight = Tensor::zeros(weight, device, dtype);
  with_real(dy.dtype(), [&](auto zero) {
    lowered_weight_gradient<decltype(zero)>(dy.in(Layout::plain), x.in(Layout::plain), g, result);
  });
  return result;
}

}  // namespace weir
