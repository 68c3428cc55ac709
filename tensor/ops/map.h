/// Runs a pointwise functor over tensors. Included by the files that launch; everybody else includes
/// ops/pointwise.h.
#pragma once

#include "tensor/kernels/launch.h"
#include "tensor/kernels/pointwise.h"
#include "tensor/ops/operands.h"
#include "tensor/tensor.h"

namespace weir {

inline void clear_padding(Tensor& y) {
  if (y.layout() != Layout::blocks_of_16 || y.shape()[1] % block_width == 0) return;
  const BlockedImages view{y.shape()[0], y.shape()[1], y.shape()[2], y.shape()[3]};
  with_real(y.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(y.device(), view.cells(), pointwise::ClearPadding<Real>{view, y.update<Real>()},
                   block_width);
  });
}

template <class F>
Tensor map(const Tensor& x, const F& f) {
  Tensor y = Tensor::like(x);
  with_element(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), x.storage(),
                   pointwise::Unary<Real, F>{f, x.read<Real>(x.layout()), y.overwrite<Real>()});
  });
  if (!F::keeps_zero) clear_padding(y);
  return y;
}

/// Where K cotangents dy [K * N, ...] meet what one forward pass saved [N, ...]: row i of dy meets row i % N.
/// The result lies as dy does.
template <class F>
Tensor map_repeated(const Tensor& dy, const Tensor& saved_any, const F& f) {
  const Tensor saved = saved_any.in(dy.layout());
  const Index cotangents = cotangents_of(dy, saved);
  Tensor y = Tensor::like(dy);
  with_element(dy.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Index count = saved.storage();
    Real* to = y.overwrite<Real>();
    for (Index k = 0; k < cotangents; ++k)
      for_each_index(dy.device(), count,
                     pointwise::Binary<Real, F>{f, dy.read<Real>(dy.layout()) + k * count,
                                                saved.read<Real>(dy.layout()), to + k * count});
  });
  if (!F::keeps_zero) clear_padding(y);
  return y;
}

/// y = f(a, b) element by element; the result lies as `a` does. Throws Error (usage) unless shapes are equal.
template <class F>
Tensor map(const Tensor& a, const Tensor& b, const F& f) {
  require_same_shape(a, b);
  return map_repeated(a, b, f);
}

}  // namespace weir
