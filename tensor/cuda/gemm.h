/// Matrix products on the GPU, one or a batch of them, by cuBLAS or by a kernel of our own.
#pragma once

#include "tensor/vendor.h"

namespace weir::cuda {

/// The same product `count` times, on operands that lie so many elements apart; 0: all read the same one.
struct GemmBatch {
  Index count = 1;
  Index a_stride = 0, b_stride = 0, c_stride = 0;
};

/// Under `exact`, and where a row belongs to an image, an element of C is one chain of fused multiply-adds
/// over k in ascending order, whatever m, n and the batch are: our own kernel. Under `fast` cuBLAS computes
/// float32 on tensor cores in TF32, which rounds operands to 10 bits of mantissa.
void gemm(const GemmCall& call, const GemmBatch& batch = {});

}  // namespace weir::cuda
