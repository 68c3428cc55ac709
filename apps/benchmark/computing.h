/// How a work of `weir bench` is computed: what a row of its tables is about.
#pragma once

#include "tensor/device.h"
#include "tensor/types.h"

namespace weir {

struct Computing {
  Device* device = nullptr;
  Numerics numerics = Numerics::exact;
};

}  // namespace weir
