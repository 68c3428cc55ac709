#include "attacks/row_moves.h"

#include <algorithm>
#include <vector>

#include "tensor/kernels/launch.h"

namespace weir {
namespace {

enum class Along { vector, sign };

template <class Real>
struct MoveRows {
  Along along;
  Index width;
  const Real* x;
  const Real* factors;
  const Real* vectors;
  Real* moved;
  WEIR_HD void operator()(Index i) const {
    const Real v = vectors[i], factor = factors[i / width];
    const Real direction = along == Along::sign ? static_cast<Real>((v > 0) - (v < 0)) : v;
    moved[i] = factor == 0 ? x[i] : x[i] + factor * direction;
  }
};

Tensor move_rows(const Tensor& x, const Tensor& factors, const Tensor& vectors, Along along) {
  ensures(x.shape() == vectors.shape() && factors.shape() == Shape{x.rows()},
          "a vector and a factor for each row");
  Tensor moved = Tensor::like(x);
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), x.storage(),
                   MoveRows<Real>{along, x.shape().row_volume(), x.read<Real>(), factors.read<Real>(),
                                  vectors.read<Real>(), moved.template overwrite<Real>()});
  });
  return moved;
}

/// From the host, as x is.
Tensor placed(std::span<const double> factors, const Tensor& x) {
  constexpr double largest = 1e38;
  std::vector<double> held(factors.begin(), factors.end());
  for (double& factor : held) factor = std::clamp(factor, -largest, largest);
  return Tensor::from_host(std::span<const double>(held), {static_cast<Index>(held.size())}, x.device())
      .as(x.dtype());
}

}  // namespace

Tensor add_scaled_rows(const Tensor& x, const Tensor& factors, const Tensor& vectors) {
  return move_rows(x, factors, vectors, Along::vector);
}

Tensor add_scaled_rows(const Tensor& x, std::span<const double> factors, const Tensor& vectors) {
  return move_rows(x, placed(factors, x), vectors, Along::vector);
}

Tensor add_scaled_signs(const Tensor& x, std::span<const double> factors, const Tensor& vectors) {
  return move_rows(x, placed(factors, x), vectors, Along::sign);
}

}  // namespace weir
