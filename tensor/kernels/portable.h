/// What a kernel header may rely on, on the host and on a CUDA device.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define WEIR_HD __host__ __device__
#define WEIR_SIMD
#else
#define WEIR_HD
/// Before a loop over lanes with a choice in it: left alone, GCC unrolls it into branches (measured: 10
/// times).
#define WEIR_SIMD _Pragma("omp simd")
#endif

namespace weir {
using Index = std::int64_t;
}
