#include "tensor/ops/linear.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/gemm.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

/// Whether the vendor's convolutions may do a linear layer: one whose rows are the pixels of an image of
/// height N and width 1, channels last, in windows of 1x1. A library keeps the weights of those packed, which
/// makes it twice as fast as its matrix product of 32 rows; but it cuts the sums as it likes.
bool may_convolve(const Tensor& x, Numerics numerics) {
  const Layout preferred = x.device().vendor().preferred_layout(DType::f32);
  return numerics == Numerics::fast && x.dtype() == DType::f32 && x.rows() > 0 &&
         preferred == Layout::blocks_of_16;  // else the device has no library of convolutions
}

ConvCall as_convolution(Index rows, const Tensor& weight) {
  const Index outputs = weight.rows(), inputs = weight.shape()[1];
  return {.geometry = conv_geometry({1, inputs, rows, 1}, {outputs, inputs, 1, 1}, 1, 0),
          .numerics = Numerics::fast,
          .x_layout = Layout::channels_last,
          .y_layout = Layout::channels_last,
          .weight = weight.raw(),
          .weight_version = weight.version()};
}

/// Fills y, or is declined.
bool convolves_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y) {
  ConvCall call = as_convolution(x.rows(), weight);
  call.x = x.raw();
  call.bias = bias.raw();
  call.y = y.raw_overwrite();
  return offered(x.device(), Timed::gemm, [&](Vendor& vendor) { return vendor.conv2d(call); });
}

/// Fills dx, or is declined.
bool convolves_input_gradient(const Tensor& dy, const Tensor& weight, Tensor& dx) {
  ConvCall call = as_convolution(dy.rows(), weight);
  call.dy = dy.raw();
  call.dx = dx.raw_overwrite();
  return offered(dy.device(), Timed::gemm,
                 [&](Vendor& vendor) { return vendor.conv2d_input_gradient(call); });
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation,
              Numerics numerics) {
  expects(x.shape().rank() == 2 && weight.shape().rank() == 2 && x.shape()[1] == weight.shape()[1],
          "x {} does not fit weight {}: a linear layer wants [N, C] and [K, C]", to_string(x.shape()),
          to_string(weight.shape()));
  require_operand("weight", weight, weight.shape(), x);
  require_operand("bias", bias, {weight.rows()}, x);
  Tensor y = Tensor::uninitialised({x.rows(), weight.rows()}, x.device(), x.dtype());
  if (!(may_convolve(x, numerics) && convolves_forward(x, weight, bias, y)))
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
  if (may_convolve(dy, numerics) && convolves_input_gradient(dy, weight, dx)) return dx;
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
