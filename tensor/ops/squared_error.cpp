#include "tensor/ops/squared_error.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/squared_error.h"
#include "tensor/ops/operands.h"

namespace weir {

Tensor mean_squared_error(const Tensor& x_any, const Tensor& target_any) {
  require_same_shape(x_any, target_any);
  const Tensor x = x_any.in(Layout::plain), target = target_any.in(Layout::plain);
  const Index columns = x.shape().row_volume();
  expects(columns > 0, "the squared error of {}: there are no values", to_string(x.shape()));
  Tensor loss = Tensor::uninitialised({x.rows()}, x.device(), x.dtype());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<Real>>(x.device(), {x.rows(), columns},
                           SquaredErrorTerms<Real>{columns, x.read<Real>(), target.read<Real>()},
                           loss.overwrite<Real>());
  });
  return loss;
}

Tensor mean_squared_error_gradient(const Tensor& dloss, const Tensor& x_any, const Tensor& target_any) {
  const Tensor x = x_any.in(Layout::plain), target = target_any.in(Layout::plain);
  cotangents_of(dloss, {x.rows()});
  require_same_device(dloss.device(), x.device());
  Tensor dx = Tensor::uninitialised(x.shape().with_rows(dloss.rows()), x.device(), x.dtype());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), dx.storage(),
                   SquaredErrorGradient<Real>{x.rows(), x.shape().row_volume(), x.read<Real>(),
                                              target.read<Real>(), dloss.read<Real>(), dx.overwrite<Real>()});
  });
  return dx;
}

}  // namespace weir
