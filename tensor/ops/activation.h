/// An activation over a tensor of any shape and layout, and its gradient.
#pragma once

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace weir {

/// In x's layout. NaN stays NaN.
Tensor activate(const Tensor& x, Activation activation);
/// dy [K * N, ...]; x [N, ...] and y = activate(x) are read at row i % N. The result lies as dy does.
Tensor activate_gradient(const Tensor& dy, const Tensor& x, const Tensor& y, Activation activation);

/// What libraries fuse into the routine before it, and the only activation whose gradient follows from y
/// alone.
constexpr bool is_fusible(Activation activation) { return activation == Activation::relu; }

/// max(x, 0)
Tensor relu(const Tensor& x);
/// dy [K * N, ...] where y [N, ...] > 0, else 0.
Tensor relu_gradient(const Tensor& dy, const Tensor& y);

}  // namespace weir
