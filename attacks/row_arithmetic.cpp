#include "attacks/row_arithmetic.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/rows.h"

namespace weir {

Tensor add_scaled_rows(const Tensor& a, const Tensor& factors, const Tensor& b) {
  ensures(a.shape() == b.shape() && factors.shape() == Shape{a.rows()},
          "two batches of one shape and a factor for each row");
  Tensor sum = Tensor::like(a);
  with_real(a.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(a.device(), a.storage(),
                   AddScaledRows<Real>{a.shape().row_volume(), a.read<Real>(), factors.read<Real>(),
                                       b.read<Real>(), sum.overwrite<Real>()});
  });
  return sum;
}

}  // namespace weir
