#include "infoflow/small_matrix.h"

#include <cmath>
#include <numeric>

#include "tensor/check.h"

namespace weir {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double trace_of_product(const SquareMatrix& a, const SquareMatrix& b) {
  double trace = 0;
  for (Index i = 0; i < a.rows(); ++i) trace += dot(a.row(i), b.row(i));
  return trace;
}

Cholesky::Cholesky(const SquareMatrix& a) : lower_(a.rows()) {
  for (Index j = 0; j < a.rows(); ++j) {
    const auto before = [&](Index i) { return lower_.row(i).first(static_cast<std::size_t>(j)); };
    const double pivot = a(j, j) - dot(before(j), before(j));
    if (!(pivot > 0))
      fail({.kind = ErrorKind::numerical,
            .code = "E0502",
            .message = fmt::format("a covariance matrix of {} rows is not positive definite: pivot {} is {}",
                                   a.rows(), j + 1, pivot),
            .note = "two positions may coincide, or the noise variance may be zero"});
    lower_(j, j) = std::sqrt(pivot);
    for (Index i = j + 1; i < a.rows(); ++i)
      lower_(i, j) = (a(i, j) - dot(before(i), before(j))) / lower_(j, j);
  }
}

double Cholesky::log_determinant() const {
  double sum = 0;
  for (Index i = 0; i < lower_.rows(); ++i) sum += std::log(lower_(i, i));
  return 2 * sum;
}

std::vector<double> Cholesky::solve(std::span<const double> b) const {
  const Index n = lower_.rows();
  std::vector<double> x(b.begin(), b.end());
  const auto at = [&](Index i) -> double& { return x[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) at(i) -= lower_(i, j) * at(j);
    at(i) /= lower_(i, i);
  }
  for (Index i = n - 1; i >= 0; --i) {
    for (Index j = i + 1; j < n; ++j) at(i) -= lower_(j, i) * at(j);
    at(i) /= lower_(i, i);
  }
  return x;
}

SquareMatrix Cholesky::inverse() const {
  const Index n = lower_.rows();
  SquareMatrix result(n);
  std::vector<double> unit(static_cast<std::size_t>(n), 0.0);
  for (Index j = 0; j < n; ++j) {
    unit[static_cast<std::size_t>(j)] = 1;
    const std::vector<double> column = solve(unit);
    unit[static_cast<std::size_t>(j)] = 0;
    for (Index i = 0; i < n; ++i) result(i, j) = column[static_cast<std::size_t>(i)];
  }
  return result;
}

SquareMatrix combined(const SquareMatrix& a, double scale, const SquareMatrix& b) {
  SquareMatrix result = a;
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.rows(); ++j) result(i, j) += scale * b(i, j);
  return result;
}

SquareMatrix scaled_identity(Index rows, double scale) {
  SquareMatrix result(rows);
  for (Index i = 0; i < rows; ++i) result(i, i) = scale;
  return result;
}

}  // namespace weir
