/// Dropout with a mask that is a pure function of its place, so the gradient is the same call.
#pragma once

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace weir {

/// Sets elements to 0 with probability `rate` and multiplies the others by 1 / (1 - rate). x [N,C,H,W] or
/// [N,C]; first_row is the place of row 0 within the whole batch. Throws Error (usage) unless 0 <= rate < 1.
Tensor dropout(const Tensor& x, double rate, const Rng& rng, Index first_row = 0);

}  // namespace weir
