#include "tensor/ops/dropout.h"

#include "tensor/kernels/dropout.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/image_views.h"

namespace weir {

Tensor dropout(const Tensor& x, double rate, const Rng& rng, Index first_row) {
  expects(rate >= 0 && rate < 1, "a dropout rate is 0 or more and below 1, found {}", rate);
  if (x.shape().rank() == 2)
    return dropout(x.reshaped({x.shape()[0], x.shape()[1], 1, 1}), rate, rng, first_row).reshaped(x.shape());
  Tensor y = Tensor::like(x);
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    for_each_cell(x.device(), view,
                  Dropout<Real, decltype(view)>{view, first_row, static_cast<float>(rate),
                                                static_cast<Arithmetic<Real>>(1 / (1 - rate)), rng.seed,
                                                rng.stream, x.read<Real>(x.layout()), y.overwrite<Real>()},
                  view.lanes * 4);
  });
  return y;
}

}  // namespace weir
