/// Counting the bits of a word, on the host and on a CUDA device.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

WEIR_HD inline int bits_set(std::uint64_t word) {
#ifdef __CUDA_ARCH__
  return __popcll(word);
#else
  return __builtin_popcountll(word);
#endif
}

}  // namespace weir
