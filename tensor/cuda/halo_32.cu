/// The halo-tile convolutions of maps of 32 x 32 pixels.
#include "tensor/cuda/halo_kernels.h"

namespace weir::cuda {
template void launch_halo<32>(const HaloCall&, Arithmetic);
}
