/// What the table of devices needs of a GPU; no CUDA header comes along.
#pragma once

#include <memory>
#include <string>

#include "tensor/memory.h"
#include "tensor/vendor.h"

namespace weir {

/// Empty where a GPU answers, else why none does. Asks once in a process's life.
const std::string& why_no_gpu();
/// "13.0": the version of CUDA that this build was made with.
std::string cuda_version();

/// The GPU's memory. Copies from the host return as soon as the source may change again, copies to the host
/// when the values are there; everything else is only ordered with what was launched before and after it.
Memory& cuda_memory();
/// Matrix products and convolutions on the GPU.
std::unique_ptr<Vendor> cuda_vendor();

}  // namespace weir
