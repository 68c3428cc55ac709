#include "tensor/ops/linear.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/gemm.h"
#include "tensor/ops/operands.h"

namespace weir {

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
              Numerics numerics) {
  expects(x.shape().rank() == 2 && weight.shape().rank() == 2 && x.shape()[1] == weight.shape()[1],
          "x {} does not fit weight {}: a linear layer wants [N, C] and [K, C]", to_string(x.shape()),
          to_string(weight.shape()));
  require_operand("weight", weight, weight.shape(), x);
  require_operand("bias", bias, {weight.rows()}, x);
  Tensor y = Tensor::uninitialised({x.rows(), weight.rows()}, x.device(), x.dtype());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), y.storage(),
                   RepeatRow<Real>{weight.rows(), bias.read<Real>(), y.overwrite<Real>()});
    run_gemm(x.device(), {.b_is = GemmCall::Operand::transposed,
                          .m = x.rows(),
                          .n = weight.rows(),
                          .k = x.shape()[1],
                          .a = x.read<Real>(),
                          .b = weight.read<Real>(),
                          .c = y.update<Real>(),
                          .result = GemmCall::Result::accumulate,
                          .rows_are = GemmCall::Rows::images,
                          .numerics = numerics,
                          .dtype = x.dtype()});
  });
  return activation == Activation::none ? y : activate(y, activation);
}

Tensor linear_input_gradient(const Tensor& dy, const Tensor& weight, Numerics numerics) {
  expects(dy.shape() == Shape{dy.rows(), weight.rows()}, "dy {} does not fit weight {}, of {} outputs",
          to_string(dy.shape()), to_string(weight.shape()), weight.rows());
  require_operand("weight", weight, weight.shape(), dy);
  Tensor dx = Tensor::uninitialised({dy.rows(), weight.shape()[1]}, dy.device(), dy.dtype());
  with_real(dy.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    run_gemm(dy.device(), {.m = dy.rows(),
                           .n = weight.shape()[1],
                           .k = weight.rows(),
                           .a = dy.read<Real>(),
                           .b = weight.read<Real>(),
                           .c = dx.overwrite<Real>(),
                           .rows_are = GemmCall::Rows::images,
                           .numerics = numerics,
                           .dtype = dy.dtype()});
  });
  return dx;
}

Tensor linear_weight_gradient(const Tensor& dy, const Tensor& x, Numerics numerics) {
  expects(dy.shape().rank() == 2 && x.shape().rank() == 2 && dy.rows() == x.rows(),
          "a weight gradient takes one cotangent per row: {} for {}", to_string(dy.shape()),
          to_string(x.shape()));
  require_operand("x", x, x.shape(), dy);
  Tensor dweight = Tensor::uninitialised({dy.shape()[1], x.shape()[1]}, dy.device(), dy.dtype());
  with_real(dy.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    run_gemm(dy.device(), {.a_is = GemmCall::Operand::transposed,
                           .m = dy.shape()[1],
                           .n = x.shape()[1],
                           .k = dy.rows(),
                           .a = dy.read<Real>(),
                           .b = x.read<Real>(),
                           .c = dweight.overwrite<Real>(),
                           .numerics = numerics,
                           .dtype = dy.dtype()});
  });
  return dweight;
}

Tensor sum_rows(const Tensor& x) {
  expects(x.shape().rank() == 2, "the sum over rows wants [N, K], got {}", to_string(x.shape()));
  Tensor sums = Tensor::uninitialised({x.shape()[1]}, x.device(), x.dtype());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<Real>>(x.device(), {x.shape()[1], x.rows()},
                           ColumnItems<Real>{x.shape()[1], x.read<Real>()}, sums.overwrite<Real>());
  });
  return sums;
}

}  // namespace weir
