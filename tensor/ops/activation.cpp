#include "tensor/ops/activation.h"

#include "tensor/ops/map.h"

namespace weir {

Tensor activate(const Tensor& x, Activation activation) {
  return with_activation(activation, [&](auto f) { return map(x, f); });
}

Tensor activate_gradient(const Tensor& dy, const Tensor& x_any, const Tensor& y_any, Activation activation) {
  const Tensor x = x_any.in(dy.layout()), y = y_any.in(dy.layout());
  require_same_shape(x, y);
  const Index cotangents = cotangents_of(dy, x), count = x.storage();
  Tensor dx = Tensor::like(dy);
  with_element(dy.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    Real* to = dx.overwrite<Real>();
    with_activation(activation, [&](auto f) {
      for (Index k = 0; k < cotangents; ++k)
        for_each_index(dy.device(), count,
                       pointwise::Pullback<Real, decltype(f)>{f, dy.read<Real>(dy.layout()) + k * count,
                                                              x.read<Real>(dy.layout()),
                                                              y.read<Real>(dy.layout()), to + k * count});
    });
  });
  return dx;
}

Tensor relu(const Tensor& x) { return activate(x, Activation::relu); }

Tensor relu_gradient(const Tensor& dy, const Tensor& y) {
  return activate_gradient(dy, y, y, Activation::relu);
}

}  // namespace weir
