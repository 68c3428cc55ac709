/// A matrix product on whichever device it is asked of. Included by the files that launch.
#pragma once

#include "tensor/device.h"
#include "tensor/vendor.h"

namespace weir {

inline void run_gemm(Device& device, const GemmCall& call) {
  const MemoryAccess access(device.memory());
  device.vendor().gemm(call);
}

}  // namespace weir
