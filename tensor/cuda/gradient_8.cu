/// The weight gradients of convolutions of maps of 8 x 8 pixels.
#include "tensor/cuda/gradient_kernels.h"

namespace weir::cuda {
template void launch_gradient<8>(const GradientCall&, Arithmetic);
}
