#include "attacks/row_scan.h"

#include <cmath>

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

template <class Real>
struct DoubleSize {
  const Real* x;
  Index width;
  WEIR_HD double operator()(Index row, Index k) const {
    const double value = x[row * width + k];
    return value < 0 ? -value : value;
  }
};

template <class Real>
struct DoubleSquare {
  const Real* x;
  Index width;
  WEIR_HD double operator()(Index row, Index k) const {
    const double value = x[row * width + k];
    return value * value;
  }
};

template <template <class> class Load>
std::vector<double> sum_rows(const Tensor& x) {
  const RowShape rows{x.rows(), x.shape().row_volume()};
  Tensor sums = Tensor::uninitialised({x.rows()}, x.device(), DType::f64);
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<double>>(x.device(), rows, Load<Real>{x.read<Real>(), rows.items},
                             sums.overwrite<double>());
  });
  return sums.to_host_double();
}

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

std::vector<double> row_norms(const Tensor& x, PixelNorm norm) {
  if (norm == PixelNorm::l1) return sum_rows<DoubleSize>(x);
  ensures(norm == PixelNorm::l2, "rows are summed to l1 or l2");
  std::vector<double> norms = sum_rows<DoubleSquare>(x);
  for (double& value : norms) value = std::sqrt(value);
  return norms;
}

std::vector<double> zero_shares(const Tensor& x) {
  std::vector<double> shares = fold_rows<PlainSum, IsZero>(x);
  for (double& share : shares) share /= static_cast<double>(x.shape().row_volume());
  return shares;
}

}  // namespace weir
