#include "tensor/ops/dropout.h"

#include <cmath>

#include "tensor/kernels/dropout.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/image_views.h"

namespace weir {

Tensor dropout(const Tensor& x, double rate, const Rng& rng, Index first_row) {
  expects(rate >= 0 && rate < 1, "a dropout rate is 0 or more and below 1, found {}", rate);
  if (x.shape().rank() == 2)
    return dropout(x.reshaped({x.shape()[0], x.shape()[1], 1, 1}), rate, rng, first_row).reshaped(x.shape());
  const DropoutRate sixteen_bits{static_cast<std::uint32_t>(std::lround(rate * 65536))};
  expects(sixteen_bits.threshold < 65536, "a dropout rate of {} leaves nothing", rate);
  Tensor y = Tensor::like(x);
  with_image_view(x, [&](auto view, auto zero) {
    using Real = decltype(zero);
    using Kernel = Dropout<Real, decltype(view)>;
    for_each_index(x.device(), Kernel::runs(view),
                   Kernel{view, first_row, sixteen_bits, static_cast<Arithmetic<Real>>(sixteen_bits.scale()),
                          rng.seed, rng.stream, x.read<Real>(x.layout()), y.overwrite<Real>()},
                   view.lanes * Kernel::run * 4);
  });
  return y;
}

}  // namespace weir
