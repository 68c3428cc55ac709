/// Random images, one generator a row: the same numbers on every device, whatever company a row has.
#pragma once

#include <span>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace weir {

/// sign: -1 or 1. uniform: in [-1, 1). gaussian: standard normal.
enum class RandomValues { sign, uniform, gaussian };

/// Of x's shape, type and device. x [n, ...], one generator a row.
Tensor random_rows(const Tensor& x, RandomValues values, std::span<const Rng> rngs);

}  // namespace weir
