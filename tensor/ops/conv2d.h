/// Convolution and its two gradients: geometry checked once, then the vendor, or im2col and gemm when it
/// declines.
#pragma once

#include "tensor/activation.h"
#include "tensor/tensor.h"
#include "tensor/vendor.h"

namespace weir {

/// The geometry of x [N,C,H,W] convolved with weight [K,C,R,S]. Throws Error (usage) that names both shapes.
ConvGeometry conv_geometry(const Shape& x, const Shape& weight, Index stride, Index padding);

/// y[n,k,p,q] = activation(bias[k] + sum over c,r,s of x[n,c,h,w] * weight[k,c,r,s]); bias may be undefined.
/// Throws Error (usage), as the gradients do, where a shape or a type does not fit the geometry.
/// A vendor's fused ReLU may give 0 for NaN (oneDNN takes the maximum of two registers; a pass of our own
/// would touch every activation again): weights, images and gradients are checked where they enter.
/// x [N,C,H,W], weight [K,C,R,S], bias [K] -> y [N,K,P,Q] in the layout that the vendor prefers.
Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvGeometry& geometry,
                Activation activation = Activation::none, Numerics numerics = Numerics::exact);

/// dy [K * N, ...] of any number of rows -> dx with as many rows, in `x_layout`.
Tensor convolve_input_gradient(const Tensor& dy, const Tensor& weight, const ConvGeometry& geometry,
                               Layout x_layout, Numerics numerics = Numerics::exact);

struct WeightGradient {
  Tensor dweight, dbias;
};
/// dy [N,K,P,Q], x [N,C,H,W] -> dweight [K,C,R,S] and dbias [K], summed over the images.
WeightGradient convolve_weight_gradient(const Tensor& dy, const Tensor& x, const ConvGeometry& geometry,
                                        Numerics numerics = Numerics::exact);

}  // namespace weir
