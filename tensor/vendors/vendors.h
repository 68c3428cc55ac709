/// The vendors of this build, for the table of devices.
#pragma once

#include <memory>

#include "tensor/vendor.h"

namespace weir {

/// Naive loops for everything: the oracle of every parity test.
std::unique_ptr<Vendor> reference_vendor();
/// Naive gemm only: declines convolutions, so that the shared im2col path is what the emulated device tests.
std::unique_ptr<Vendor> plain_loops_vendor();
#ifdef WEIR_WITH_OPENBLAS
std::unique_ptr<Vendor> openblas_vendor();
#endif
#ifdef WEIR_WITH_ONEDNN
std::unique_ptr<Vendor> onednn_vendor();
#endif

}  // namespace weir
