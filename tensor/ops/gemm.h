/// A vendor's routines on whichever device they are asked of. Included by the files that launch.
#pragma once

#include "tensor/device.h"
#include "tensor/kernels/launch.h"
#include "tensor/profile.h"
#include "tensor/vendor.h"

namespace weir {

/// What routine(vendor) says: false where the vendor declines.
template <class F>
bool offered(Device& device, Timed what, const F& routine) {
  const MemoryAccess access(device.memory());
  const ProfileScope timed(what, device.executor() == Executor::threads ? threads_here() : 1);
  return routine(device.vendor());
}

inline void run_gemm(Device& device, const GemmCall& call) {
  offered(device, Timed::gemm, [&](Vendor& vendor) {
    vendor.gemm(call);
    return true;
  });
}

}  // namespace weir
