#include "attacks/row_scan.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"

namespace weir {
namespace {

template <class Real>
struct Size {
  const Real* x;
  Index width;
  WEIR_HD Real operator()(Index row, Index k) const {
    const Real value = x[row * width + k];
    return value < 0 ? -value : value;
  }
};

template <class Real>
struct IsZero {
  const Real* x;
  Index width;
  WEIR_HD Real operator()(Index row, Index k) const { return x[row * width + k] == 0 ? Real(1) : Real(0); }
};

template <template <class> class Monoid, template <class> class Load>
std::vector<double> fold_rows(const Tensor& x) {
  const RowShape rows{x.rows(), x.shape().row_volume()};
  Tensor result = Tensor::uninitialised({x.rows()}, x.device(), x.dtype());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Monoid<Real>>(x.device(), rows, Load<Real>{x.read<Real>(), rows.items},
                              result.template overwrite<Real>());
  });
  return result.to_host_double();
}

template <class Real>
using PlainSum = Sum<Real>;

}  // namespace

std::vector<double> row_peaks(const Tensor& x) { return fold_rows<Max, Size>(x); }

std::vector<double> zero_shares(const Tensor& x) {
  std::vector<double> shares = fold_rows<PlainSum, IsZero>(x);
  for (double& share : shares) share /= static_cast<double>(x.shape().row_volume());
  return shares;
}

}  // namespace weir
