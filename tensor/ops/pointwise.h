/// Arithmetic on tensors, element by element: what attacks, optimisers and lessons are written in. Shapes
/// must match; there is no broadcasting. Works in every layout; the result lies as the first operand does.
#pragma once

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace weir {

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator*(double factor, const Tensor& x);
Tensor operator+(const Tensor& x, double constant);
/// a + factor * b in one pass.
Tensor add_scaled(const Tensor& a, double factor, const Tensor& b);
/// dy [K * N, ...] times what a forward pass saved [N, ...]: row i of dy meets row i % N. What a pullback
/// multiplies with, since K cotangents may flow at once.
Tensor times_saved(const Tensor& dy, const Tensor& saved);
/// -1, 0 or 1; sign(0) = 0.
Tensor sign(const Tensor& x);
Tensor clip(const Tensor& x, Range range);

}  // namespace weir
