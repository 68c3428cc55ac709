/// The weight gradients of convolutions of maps of 16 x 16 pixels.
#include "tensor/cuda/gradient_kernels.h"

namespace weir::cuda {
template void launch_gradient<16>(const GradientCall&, Arithmetic);
}
