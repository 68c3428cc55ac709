/// Convolutions as matrix products over columns of a whole batch: the first rung of the ladder, and what any
/// window, stride and padding gets. Plain layout, float32 and float64.
#pragma once

#include "tensor/vendor.h"

namespace weir::cuda {

void lowered_forward(const ConvCall& call);
void lowered_input_gradient(const ConvCall& call);
void lowered_weight_gradient(const ConvCall& call);

}  // namespace weir::cuda
