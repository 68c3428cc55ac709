#include "tensor/ops/pool2d.h"

#include "autograd/functions.h"

namespace weir {
namespace {

/// What follows the last feature map is float32.
Var in_floats(const Var& y) { return y.value().dtype() == DType::bf16 ? cast(y, DType::f32) : y; }

}  // namespace

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
  return in_floats(y);
}

Var avg_pool(const Var& x, PoolOptions options) {
  return x.tape().record("avg_pool", {x}, avg_pool(x.value(), options),
                         [options, shape = x.shape()](const Tensor& dy, Cotangents& d) {
                           d.add(0, avg_pool_gradient(dy, shape, options));
                         });
}

Var global_avg_pool(const Var& x) {
  const Var y =
      x.tape().record("global_avg_pool", {x}, global_avg_pool(x.value()),
                      [shape = x.shape(), layout = x.value().layout()](const Tensor& dy, Cotangents& d) {
                        d.add(0, global_avg_pool_gradient(dy, shape, layout));
                      });
  return in_floats(y);
}

}  // namespace weir
