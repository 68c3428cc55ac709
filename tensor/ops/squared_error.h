/// The mean squared error of each image, with its gradient: per image, so that one image's gradient never
/// contains the size of its batch.
#pragma once

#include "tensor/tensor.h"

namespace weir {

/// mean over a row of (x - target)^2: x and target [N, ...] -> [N].
Tensor mean_squared_error(const Tensor& x, const Tensor& target);
/// dloss [K * N] -> dx [K * N, ...], plain; x and target are read at row i % N.
Tensor mean_squared_error_gradient(const Tensor& dloss, const Tensor& x, const Tensor& target);

}  // namespace weir
