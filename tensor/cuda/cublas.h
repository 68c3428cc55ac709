/// cuBLAS, loaded when it is first needed. Not linked: it and what it brings are 600 MB that a program would
/// need to start at all, and without it our own products take over.
#pragma once

#include "tensor/cuda/gemm.h"

namespace weir::cuda {

/// False, and nothing is written, where no cuBLAS of this build's major version is found. On our stream, with
/// a workspace of its own, so that products can be captured in a graph and give the same bits again.
bool multiply_by_cublas(const GemmCall& call, const GemmBatch& batch);

/// 130000 for 13.0; 0 where there is none.
int cublas_version();

}  // namespace weir::cuda
