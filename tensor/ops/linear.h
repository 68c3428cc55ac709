/// The fully connected layer and its gradients.
#pragma once

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace weir {

/// y = activation(x weight^T + bias). x [N,C], weight [K,C], bias [K] -> y [N,K]. Under `exact` numerics the
/// bits of a row do not depend on the others.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
              Activation activation = Activation::none, Numerics numerics = Numerics::exact);
/// dy [K * N, outputs], weight [outputs, inputs] -> dx [K * N, inputs]
Tensor linear_input_gradient(const Tensor& dy, const Tensor& weight, Numerics numerics = Numerics::exact);
/// dy [N,K], x [N,C] -> dweight [K,C], summed over the rows.
Tensor linear_weight_gradient(const Tensor& dy, const Tensor& x, Numerics numerics = Numerics::exact);
/// The sum over the rows. [N,K] -> [K]
Tensor sum_rows(const Tensor& x);

}  // namespace weir
