/// Sizes at which loops, vectors, grids and blocks break, in one named list.
#pragma once

#include <array>

#include "tensor/kernels/emulate.h"

namespace weir {

/// Nothing, one, two, around a reduction's 32 lanes, around a large power of two, and one more than the whole
/// emulated grid.
inline constexpr std::array<Index, 10> sizes_that_bite{
    0, 1, 2, 31, 32, 33, 255, 256, 257, emulate::largest_grid* emulate::threads_per_block + 1};

/// Around blocks of 16 channels; 3 is an image's.
inline constexpr std::array<Index, 6> channels_that_bite{1, 3, 15, 16, 17, 33};

}  // namespace weir
