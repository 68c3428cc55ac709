/// Batch norm folded into the convolution before it: the same function with fewer layers, exact up to
/// rounding.
#pragma once

#include "layers/layers.h"

namespace weir {

/// A copy in which every conv -> norm -> ReLU, at any depth, is conv -> ReLU with weight' = weight * g and
/// bias' = norm.bias + (bias - running_mean) * g, g = norm.weight / sqrt(running_var + epsilon). Throws Error
/// (usage) for conv -> ReLU -> norm, which does not fold backwards through the ReLU.
std::unique_ptr<Sequential> fold_batch_norm(const Sequential& network);

}  // namespace weir
