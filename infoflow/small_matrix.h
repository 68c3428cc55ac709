/// Square matrices of about twenty rows, and their Cholesky factor: all the linear algebra a Gaussian process
/// over the layers of one network needs.
#pragma once

#include <span>
#include <vector>

#include "tensor/shape.h"

namespace weir {

class SquareMatrix {
 public:
  explicit SquareMatrix(Index rows) : rows_(rows), values_(static_cast<std::size_t>(rows * rows), 0.0) {}

  Index rows() const { return rows_; }
  double& operator()(Index i, Index j) { return values_[static_cast<std::size_t>(i * rows_ + j)]; }
  double operator()(Index i, Index j) const { return values_[static_cast<std::size_t>(i * rows_ + j)]; }
  std::span<const double> row(Index i) const {
    return std::span(values_).subspan(static_cast<std::size_t>(i * rows_), static_cast<std::size_t>(rows_));
  }

 private:
  Index rows_;
  std::vector<double> values_;
};

/// A + scale B.
SquareMatrix combined(const SquareMatrix& a, double scale, const SquareMatrix& b);
SquareMatrix scaled_identity(Index rows, double scale);
/// tr(A B) for symmetric A and B.
double trace_of_product(const SquareMatrix& a, const SquareMatrix& b);
double dot(std::span<const double> a, std::span<const double> b);

/// A = L L^T for symmetric positive definite A; reads the lower triangle.
class Cholesky {
 public:
  /// Throws Error of kind numerical if A is not positive definite.
  explicit Cholesky(const SquareMatrix& a);

  double log_determinant() const;
  std::vector<double> solve(std::span<const double> b) const;  // A^-1 b
  SquareMatrix inverse() const;

 private:
  SquareMatrix lower_;
};

}  // namespace weir
