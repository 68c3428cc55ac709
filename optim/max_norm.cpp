#include "optim/max_norm.h"

#include <cmath>

#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"

namespace weir {
namespace {

template <class Real>
struct SquaresOfUnit {
  const Real* weights;
  Index inputs;
  WEIR_HD double operator()(Index unit, Index input) const {
    const double weight = static_cast<double>(weights[unit * inputs + input]);
    return weight * weight;
  }
};

template <class Real>
struct ShortenUnit {
  double largest;
  Index inputs;
  const double* squares;
  Real* weights;
  WEIR_HD void operator()(Index i) const {
    const double norm = std::sqrt(squares[i / inputs]);
    if (norm > largest) weights[i] = static_cast<Real>(static_cast<double>(weights[i]) * (largest / norm));
  }
};

}  // namespace

void limit_unit_norms(std::span<Parameter* const> parameters, double largest) {
  expects(largest > 0, "the largest norm of a unit's weights must be positive, found {}", largest);
  for (Parameter* parameter : parameters) {
    Tensor& weight = parameter->value;
    if (weight.shape().rank() < 2 || weight.shape().volume() == 0) continue;
    const Index units = weight.rows(), inputs = weight.shape().volume() / units;
    Tensor squares = Tensor::uninitialised({units}, weight.device(), DType::f64);
    with_real(weight.dtype(), [&](auto zero) {
      using Real = decltype(zero);
      reduce_rows<Sum<double>>(weight.device(), {units, inputs},
                               SquaresOfUnit<Real>{weight.read<Real>(), inputs}, squares.overwrite<double>());
      for_each_index(
          weight.device(), units * inputs,
          ShortenUnit<Real>{largest, inputs, std::as_const(squares).read<double>(), weight.update<Real>()});
    });
  }
}

}  // namespace weir
