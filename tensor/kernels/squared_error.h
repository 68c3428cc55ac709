/// The squared error of rows, term by term, and its gradient.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// Item k of row r of (x - target)^2 / columns.
template <class Real>
struct SquaredErrorTerms {
  Index columns;
  const Real* x;
  const Real* target;
  WEIR_HD Real operator()(Index row, Index k) const {
    const Real gap = x[row * columns + k] - target[row * columns + k];
    return gap * gap / static_cast<Real>(columns);
  }
};

/// dx = dloss[row] * 2 (x - target) / columns; x and target repeat every rows_of_forward rows.
template <class Real>
struct SquaredErrorGradient {
  Index rows_of_forward, columns;
  const Real* x;
  const Real* target;
  const Real* dloss;
  Real* dx;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / columns;
    const Index saved = row % rows_of_forward * columns + i % columns;
    dx[i] = dloss[row] * 2 * (x[saved] - target[saved]) / static_cast<Real>(columns);
  }
};

}  // namespace weir
