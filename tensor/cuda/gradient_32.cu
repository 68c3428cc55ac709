/// The weight gradients of convolutions of maps of 32 x 32 pixels.
#include "tensor/cuda/gradient_kernels.h"

namespace weir::cuda {
template void launch_gradient<32>(const GradientCall&, Arithmetic);
}
