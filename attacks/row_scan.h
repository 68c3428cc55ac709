/// Row by row: how long, how large, whether there is anything at all. Vanished and broken values are found,
/// not silently stepped over.
#pragma once

#include <vector>

#include "attacks/geometry.h"
#include "tensor/tensor.h"

namespace weir {

/// The largest |x| of each row; NaN when the row holds any NaN. x [n, ...] -> n numbers.
std::vector<double> row_peaks(const Tensor& x);

/// |x|_1 or |x|_2 of each row, summed in double. x [n, ...] -> n numbers.
std::vector<double> row_norms(const Tensor& x, PixelNorm norm);

/// The share of each row's components that are exactly zero. x [n, ...] -> n numbers in [0, 1].
std::vector<double> zero_shares(const Tensor& x);

}  // namespace weir
