/// Convolutions in 3x3 windows with one pixel of padding, of square maps of 32, 16, 8 or 4 pixels: tensor
/// cores under `fast` and for bfloat16, fused multiply-adds under `exact`. Everything else is declined.
#pragma once

#include "tensor/vendor.h"

namespace weir::cuda {

bool halo_forward(const ConvCall& call);
bool halo_input_gradient(const ConvCall& call);
/// On tensor cores only. Sums of pixels are cut by the shape alone: the same bits again.
bool halo_weight_gradient(const ConvCall& call);

}  // namespace weir::cuda
