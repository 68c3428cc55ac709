/// Is there a gradient at all? Vanished and broken values are found row by row, not silently stepped over.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace weir {

/// The largest |x| of each row; NaN when the row holds any NaN. x [n, ...] -> n numbers.
std::vector<double> row_peaks(const Tensor& x);

/// The share of each row's components that are exactly zero. x [n, ...] -> n numbers in [0, 1].
std::vector<double> zero_shares(const Tensor& x);

}  // namespace weir
