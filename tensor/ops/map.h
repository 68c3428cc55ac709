/// Runs a pointwise functor over tensors. Included by the files that launch; everybody else includes
/// ops/pointwise.h.
#pragma once

#include "tensor/kernels/launch.h"
#include "tensor/kernels/pointwise.h"
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

/// `a` may have K times the rows of `b`: row i of a meets row i % N of b (K cotangents over one forward
/// pass). The result lies as `a` does.
template <class F>
Tensor map(const Tensor& a, const Tensor& b_any, const F& f) {
  const Tensor b = b_any.in(a.layout());
  const Index repeats = b.rows() == 0 ? 0 : a.rows() / b.rows();
  expects(a.shape() == b.shape().with_rows(repeats * b.rows()) && a.rows() == repeats * b.rows(),
          "{} and {} do not match element by element", to_string(a.shape()), to_string(b.shape()));
  Tensor y = Tensor::like(a);
  with_element(a.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Index count = b.storage();
    Real* to = y.overwrite<Real>();
    for (Index k = 0; k < repeats; ++k)
      for_each_index(a.device(), count,
                     pointwise::Binary<Real, F>{f, a.read<Real>(a.layout()) + k * count,
                                                b.read<Real>(a.layout()), to + k * count});
  });
  if (!F::keeps_zero) clear_padding(y);
  return y;
}

}  // namespace weir
