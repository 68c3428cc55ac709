/// The halo-tile convolutions of maps of 8 x 8 pixels.
#include "tensor/cuda/halo_kernels.h"

namespace weir::cuda {
template void launch_halo<8>(const HaloCall&, Arithmetic);
}
