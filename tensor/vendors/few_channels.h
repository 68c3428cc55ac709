/// The input gradient of a convolution whose input has few channels, which is the first of every network and
/// of every attack. Libraries fill their vectors with channels, so 3 of 16 lanes work; here the lanes are the
/// channels of dy.
#pragma once

#include "tensor/vendor.h"

namespace weir {

/// dy in blocks of 16, dx plain, float32, at most 4 input channels, stride 1; false: not such a call, nothing
/// was written. An image's bits do not depend on its batch or the number of threads.
bool few_channels_input_gradient(const ConvCall& call);

}  // namespace weir
