/// Each row goes its own way along its own vector.
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace weir {

/// x[i] + factors[i] * vectors[i]. A row with factor 0 keeps its bits, even where its vector is NaN. x and
/// vectors [n, ...], n factors. Factors from the host that a float cannot hold, 1 / the norm of a denormal
/// gradient, are taken as 1e38.
Tensor add_scaled_rows(const Tensor& x, const Tensor& factors, const Tensor& vectors);
Tensor add_scaled_rows(const Tensor& x, std::span<const double> factors, const Tensor& vectors);
/// x[i] + factors[i] * sign(vectors[i]), where the sign of 0 and NaN is 0.
Tensor add_scaled_signs(const Tensor& x, std::span<const double> factors, const Tensor& vectors);

}  // namespace weir
