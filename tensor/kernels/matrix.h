/// Rows and columns of plain matrices.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// y[n, k] = row[k]
template <class Real>
struct RepeatRow {
  Index columns;
  const Real* row;
  Real* y;
  WEIR_HD void operator()(Index i) const { y[i] = row[i % columns]; }
};

/// Item k of row r of a plain matrix.
template <class Real>
struct RowItems {
  Index columns;
  const Real* x;
  WEIR_HD Real operator()(Index row, Index k) const { return x[row * columns + k]; }
};

/// Item k of column c of a plain matrix [rows, columns].
template <class Real>
struct ColumnItems {
  Index columns;
  const Real* x;
  WEIR_HD Real operator()(Index column, Index k) const { return x[k * columns + column]; }
};

}  // namespace weir
