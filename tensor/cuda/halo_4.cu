/// The halo-tile convolutions of maps of 4 x 4 pixels.
#include "tensor/cuda/halo_kernels.h"

namespace weir::cuda {
template void launch_halo<4>(const HaloCall&, Arithmetic);
}
