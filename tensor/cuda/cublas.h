/// cuBLAS, loaded when it is first needed. Not linked: it and what it brings are 600 MB that a program would
/// need to start at all, and without it our own products take over.
#pragma once

#include <cublas_v2.h>

#include "tensor/cuda/runtime.h"

namespace weir::cuda {

/// The routines that we use, by the types of its own header.
struct Cublas {
  using Gemm = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                              const void*, const void*, cudaDataType, int, long long, const void*,
                              cudaDataType, int, long long, const void*, void*, cudaDataType, int, long long,
                              int, cublasComputeType_t, cublasGemmAlgo_t);  // the header has two of that name
  Gemm* gemm;
  cublasHandle_t handle;
  int version;
};

/// Null where no cuBLAS of this build's major version is found. On the stream, with a workspace of its own,
/// so that products can be captured in a graph and give the same bits again.
const Cublas* cublas();

}  // namespace weir::cuda
