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

/// Before loops of a GPU's kernel: over registers, which have no addresses, or long enough to be left alone.
#ifdef __CUDA_ARCH__
#define WEIR_UNROLL _Pragma("unroll")
#define WEIR_ROLLED _Pragma("unroll 1")
#else
#define WEIR_UNROLL
#define WEIR_ROLLED
#endif

namespace weir {
using Index = std::int64_t;
}
