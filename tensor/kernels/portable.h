/// What a kernel header may rely on, on the host and on a CUDA device.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define WEIR_HD __host__ __device__
#else
#define WEIR_HD
#endif

namespace weir {
using Index = std::int64_t;
}
