/// The halo-tile convolutions of maps of 16 x 16 pixels.
#include "tensor/cuda/halo_kernels.h"

namespace weir::cuda {
template void launch_halo<16>(const HaloCall&, Arithmetic);
}
