/// What a thread does in the halo-tile convolution in float32: one chain of fused multiply-adds for each
/// output, over (chunk of 16 input channels, tap, input channel), so that its bits depend on nothing but its
/// inputs.
#pragma once

#include "tensor/kernels/halo_tile.h"

namespace weir {

constexpr int exact_threads = 128, exact_pixels = 8, exact_channels = 8;  // of a thread: 8 x 8 outputs
constexpr int exact_block_channels = 32;                                  // of a block: 4 x 8
constexpr int exact_chunk = halo_chunk / static_cast<int>(sizeof(float));
constexpr int exact_weights = 9 * exact_chunk * exact_block_channels;  // of a chunk, [tap][in][out]

struct alignas(16) Floats4 {
  float value[4];
};

/// 8 lanes of a warp have neighbouring pixels, whose reads meet 8 different groups of banks; 4 have
/// neighbouring channels.
WEIR_HD constexpr int exact_pixel(int thread, int i) { return thread / 32 * 64 + i * 8 + thread % 8; }
WEIR_HD constexpr int exact_channel(int thread) { return thread % 32 / 8 * exact_channels; }

struct ExactSums {
  float at[exact_pixels][exact_channels];
};

/// What element `number` of [group of 32 out][chunk][tap][in][out] holds.
WEIR_HD constexpr PackedPlace exact_place(Index number, Index chunks) {
  const Index out = number % exact_block_channels, in = number / exact_block_channels % exact_chunk;
  Index rest = number / (exact_block_channels * exact_chunk);
  const int tap = static_cast<int>(rest % 9);
  rest /= 9;
  return {rest / chunks * exact_block_channels + out, rest % chunks * exact_chunk + in, tap};
}

template <class Tile>
WEIR_HD void multiply_exact_chunk(int thread, const unsigned char* tile, const float* weights,
                                  ExactSums& sums) {
  WEIR_ROLLED
  for (int tap = 0; tap < 9; ++tap) {
    WEIR_ROLLED
    for (int quad = 0; quad < exact_chunk; quad += 4) {
      Floats4 x[exact_pixels];
      WEIR_UNROLL
      for (int i = 0; i < exact_pixels; ++i)
        x[i] = *reinterpret_cast<const Floats4*>(
            tile + (Tile::first_tap(exact_pixel(thread, i)) + Tile::tap_shift(tap)) * halo_pitch +
            quad * static_cast<int>(sizeof(float)));
      WEIR_UNROLL
      for (int in = 0; in < 4; ++in) {
        const float* row =
            weights + (tap * exact_chunk + quad + in) * exact_block_channels + exact_channel(thread);
        const Floats4 low = *reinterpret_cast<const Floats4*>(row);
        const Floats4 high = *reinterpret_cast<const Floats4*>(row + 4);
        WEIR_UNROLL
        for (int i = 0; i < exact_pixels; ++i) {
          WEIR_UNROLL
          for (int c = 0; c < 4; ++c) {
            sums.at[i][c] = std::fma(x[i].value[in], low.value[c], sums.at[i][c]);
            sums.at[i][c + 4] = std::fma(x[i].value[in], high.value[c], sums.at[i][c + 4]);
          }
        }
      }
    }
  }
}

}  // namespace weir
