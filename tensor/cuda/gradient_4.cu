/// The weight gradients of convolutions of maps of 4 x 4 pixels.
#include "tensor/cuda/gradient_kernels.h"

namespace weir::cuda {
template void launch_gradient<4>(const GradientCall&, Arithmetic);
}
