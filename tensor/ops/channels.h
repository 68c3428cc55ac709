/// Joining and cutting along the channels.
#pragma once

#include "tensor/tensor.h"

namespace weir {

/// a [N,C,H,W], b [N,D,H,W] -> [N,C+D,H,W] in a's layout; or [N,C] and [N,D] -> [N,C+D].
Tensor concatenate_channels(const Tensor& a, const Tensor& b);
/// Channels [first, first + count) of x [N,C,H,W] or [N,C], in x's layout.
Tensor channel_slice(const Tensor& x, Index first, Index count);

}  // namespace weir
