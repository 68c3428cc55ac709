/// Arithmetic in which every row of a table has a number of its own.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// sum = a + factor[row] * b
template <class Real>
struct AddScaledRows {
  Index columns;
  const Real* a;
  const Real* factor;
  const Real* b;
  Real* sum;
  WEIR_HD void operator()(Index i) const { sum[i] = a[i] + factor[i / columns] * b[i]; }
};

}  // namespace weir
