/// Arithmetic in which every row of a batch has a number of its own.
#pragma once

#include "tensor/tensor.h"

namespace weir {

/// a + factors[row] * b. a, b [n, ...], factors [n].
Tensor add_scaled_rows(const Tensor& a, const Tensor& factors, const Tensor& b);

}  // namespace weir
