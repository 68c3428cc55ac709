/// Where each pixel of an image may go: the L-infinity ball around the original cut with the pixel range.
/// Both bounds are rounded once and for all, so no iterate can leave either by an ulp.
#pragma once

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace weir {

struct PixelBox {
  Tensor low, high;  // [n, C, H, W]
};

/// low = max(x - radius, pixels.low), high = min(x + radius, pixels.high).
PixelBox linf_box(const Tensor& x, double radius, Range pixels);

/// x <- x + step * sign(gradient), held inside the box: one pass over memory, in place. sign(0) = 0 leaves a
/// pixel's bits alone, and so does a NaN gradient.
void step_inside(Tensor& x, const Tensor& gradient, double step, const PixelBox& box);

}  // namespace weir
