#include "tensor/ops/conv2d.h"

#include "autograd/functions.h"
#include "tensor/ops/activation.h"

namespace weir {
namespace {

/// bfloat16 maps come in whole blocks of channels; a pruned network may have other widths.
bool fits_bfloat16(const Var& weight) {
  constexpr Index widest_image = 3;
  const Index from = weight.shape()[1], to = weight.shape()[0];
  return to % block_width == 0 && (from % block_width == 0 || from <= widest_image);
}

/// The feature map as this convolution takes it (TapeOptions::feature_maps).
Var as_feature_map(const Var& x, const Var& weight) {
  if (x.value().dtype() == DType::f64) return x;
  const bool narrow = x.tape().options().feature_maps == DType::bf16 && fits_bfloat16(weight);
  return cast(x, narrow ? DType::bf16 : DType::f32);
}

}  // namespace

Var conv2d(const Var& any, const Var& weight, const Var& bias, const Conv2dCall& call) {
  Tape& tape = any.tape();
  const Var x = as_feature_map(any, weight);
  const bool rectify = tape.options().fuse && is_fusible(call.activation);
  if (call.activation != Activation::none && !rectify)
    return activate(conv2d(x, weight, bias, {.stride = call.stride, .padding = call.padding}),
                    call.activation);
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), call.stride, call.padding);
  const Numerics numerics = tape.options().numerics;
  const Tensor y = convolve(x.value(), weight.value(), bias.value(), g, call.activation, numerics);
  const bool trains = weight.wants_gradient() || bias.wants_gradient();
  return tape.record(rectify ? "conv2d_relu" : "conv2d", {x, weight, bias}, y,
                     [g, rectify, numerics, w = weight.value(), x_layout = x.value().layout(),
                      kept_x = trains ? x.value() : Tensor(),
                      kept_y = rectify ? y : Tensor()](const Tensor& dy, Cotangents& d) {
                       const Tensor dz = rectify ? relu_gradient(dy, kept_y) : dy;
                       if (d.wants(0)) d.add(0, convolve_input_gradient(dz, w, g, x_layout, numerics));
                       if (!d.wants(1) && !d.wants(2)) return;
                       WeightGradient gradient = convolve_weight_gradient(dz, kept_x, g, numerics);
                       if (d.wants(1)) d.add(1, std::move(gradient.dweight));
                       if (d.wants(2)) d.add(2, std::move(gradient.dbias));
                     });
}

}  // namespace weir
