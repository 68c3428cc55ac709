#include "optim/gradient_norm.h"

#include <cmath>

#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/update.h"

namespace weir {
namespace {

constexpr Index items_per_row = 4096;

double sum_of_squares(const Tensor& x) {
  const Index count = x.shape().volume();
  const Index rows = (count + items_per_row - 1) / items_per_row;
  Tensor partial = Tensor::uninitialised({rows}, x.device(), DType::f64);
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<double>>(x.device(), {rows, items_per_row},
                             Squares<Real>{items_per_row, count, x.read<Real>()},
                             partial.overwrite<double>());
  });
  double sum = 0;
  for (const double part : partial.to_host_double()) sum += part;
  return sum;
}

}  // namespace

GradientNorm gradient_norm(std::span<Parameter* const> parameters, const Gradients& gradients) {
  GradientNorm result;
  double sum = 0;
  for (const Parameter* parameter : parameters) {
    const double part = sum_of_squares(gradients[*parameter]);
    if (!std::isfinite(part) && result.first_bad.empty()) result.first_bad = parameter->name;
    sum += part;
  }
  result.norm = std::sqrt(sum);
  return result;
}

double clipping_factor(double norm, double largest) {
  return largest > 0 && norm > largest ? largest / norm : 1;
}

}  // namespace weir
