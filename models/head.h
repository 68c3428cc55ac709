/// The last linear layer, whose outputs are the logits, and the temperature that they stand at.
#pragma once

#include "layers/layers.h"

namespace weir {

/// Metadata of weights that were trained at a temperature other than 1: which.
inline constexpr const char* temperature_key = "temperature";

/// Multiplies weight and bias of the head, and so every logit. Throws (usage) where the last layer is not a
/// plain linear one. A factor of 1 leaves every network alone.
void scale_head(Sequential& network, double factor);

}  // namespace weir
