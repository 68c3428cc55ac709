#include "tensor/ops/squared_error.h"

#include "autograd/functions.h"

namespace weir {

Var mean_squared_error(const Var& x, const Tensor& target) {
  return x.tape().record("mean_squared_error", {x}, mean_squared_error(x.value(), target),
                         [x = x.value(), target](const Tensor& dloss, Cotangents& d) {
                           d.add(0, mean_squared_error_gradient(dloss, x, target));
                         });
}

}  // namespace weir
