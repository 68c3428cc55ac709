/// Batch norm put into a trained network that has none, without changing what it computes: the inverse of
/// folding (layers/fold.h). A folded network can so be trained further as it was trained before.
#pragma once

#include "data/cifar.h"
#include "models/architecture.h"

namespace weir {

/// The network of `form` (batch norm before the activation of every convolution) that computes what `plain`
/// computes, up to rounding. Each convolution is scaled to pre-activations of unit variance on the first
/// `count` images, the size at which He's and LSUV's weights begin; its norm takes the scale back. A channel
/// that does not vary keeps its weights. Throws (usage) where there are norms already.
std::unique_ptr<Sequential> insert_batch_norm(const Sequential& plain, const Architecture& form,
                                              const ImageSet& images, Index count);

}  // namespace weir
