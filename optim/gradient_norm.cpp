#include "optim/gradient_norm.h"

#include <cmath>

#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/update.h"

namespace weir {
namespace {

constexpr Index items_per_row = 4096;

Index rows_of(const Tensor& x) { return (x.shape().volume() + items_per_row - 1) / items_per_row; }

void square_rows(const Tensor& x, double* partial) {
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<double>>(x.device(), {rows_of(x), items_per_row},
                             Squares<Real>{items_per_row, x.shape().volume(), x.read<Real>()}, partial);
  });
}

}  // namespace

/// The partial sums of all parameters come to the host at once: a GPU would wait for each copy.
GradientNorm gradient_norm(std::span<Parameter* const> parameters, const Gradients& gradients) {
  GradientNorm result;
  if (parameters.empty()) return result;
  Index rows = 0;
  for (const Parameter* parameter : parameters) rows += rows_of(gradients[*parameter]);
  Tensor partial = Tensor::uninitialised({rows}, gradients[*parameters[0]].device(), DType::f64);
  double* next = partial.overwrite<double>();
  for (const Parameter* parameter : parameters) {
    square_rows(gradients[*parameter], next);
    next += rows_of(gradients[*parameter]);
  }
  const std::vector<double> squares = partial.to_host_double();
  auto square = squares.begin();
  double sum = 0;
  for (const Parameter* parameter : parameters) {
    double part = 0;
    for (Index row = 0; row < rows_of(gradients[*parameter]); ++row) part += *square++;
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
