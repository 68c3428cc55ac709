/// The one stream on which everything runs, and the check behind every call of CUDA. One stream for all
/// threads: the pool hands a released block to the next taker, whose kernels then stand behind the last
/// reader's.
#pragma once

#include <cuda_runtime.h>

namespace weir::cuda {

/// Throws Error E0704 (unavailable) that says what was asked of CUDA; an error of memory is E0612 (resource).
void check(cudaError_t status, const char* what);

/// Created at its first use. Never the default stream, which a graph cannot capture.
cudaStream_t stream();

/// Multiprocessors of the GPU, and the shared memory that one block may ask for, in bytes.
struct Capacity {
  int multiprocessors = 0;
  int shared_bytes = 0;
  int major = 0, minor = 0;  // compute capability
};
const Capacity& capacity();

}  // namespace weir::cuda
