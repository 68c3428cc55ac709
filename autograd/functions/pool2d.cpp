#include "tensor/ops/pool2d.h"

#include "autograd/functions.h"

namespace weir {

Var max_pool(const Var& x, PoolOptions options) {
  const Tensor y = max_pool(x.value(), options);
  return x.tape().record("max_pool", {x}, y, [options, x = x.value(), y](const Tensor& dy, Cotangents& d) {
    d.add(0, max_pool_gradient(dy, x, y, options));
  });
}

Var global_max_pool(const Var& x) {
  const Var y = x.tape().record(
      "global_max_pool", {x}, global_max_pool(x.value()),
      [x = x.value()](const Tensor& dy, Cotangents& d) { d.add(0, global_max_pool_gradient(dy, x)); });
  return y.value().dtype() == DType::bf16 ? cast(y, DType::f32) : y;
}

}  // namespace weir
