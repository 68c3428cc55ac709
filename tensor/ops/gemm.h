/// A matrix product on whichever device it is asked of. Included by the files that launch.
#pragma once

#include "tensor/device.h"
#include "tensor/profile.h"
#include "tensor/vendor.h"

namespace weir {

inline void run_gemm(Device& device, const GemmCall& call) {
  const MemoryAccess access(device.memory());
  const ProfileScope timed(Timed::gemm);
  device.vendor().gemm(call);
}

}  // namespace weir
