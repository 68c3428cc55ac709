/// What a warp does in the halo-tile convolution: a text for the GPU's warps and for the host's, which plays
/// 32 lanes one after the other (tests/tensor/host_warp.h).
#pragma once

#include "tensor/kernels/halo_tile.h"

namespace weir {

constexpr int halo_m16 = halo_pixels / halo_warps / 16;  // rows of 16 output pixels of a warp

/// A warp's 64 output pixels x 16 N16 output channels.
template <class Warp, int N16>
struct HaloSums {
  typename Warp::Sums at[halo_m16][2 * N16];
};

/// Adds one chunk of input channels. `tile` is what the chunk's pieces were copied to; `weights` begin with
/// the chunk's and this block's first n16; `n16` is how many there are for all blocks.
template <class Tile, class Product, int N16, class Warp>
WEIR_HD void multiply_halo_chunk(const Warp& warp, int number, typename Warp::Shared tile,
                                 const Words4* weights, int n16, HaloSums<Warp, N16>& sums) {
  WEIR_ROLLED
  for (int tap = 0; tap < 9; ++tap) {
    WEIR_UNROLL
    for (int step = 0; step < halo_steps; ++step) {
      typename Warp::Words a[halo_m16];
      WEIR_UNROLL
      for (int m = 0; m < halo_m16; ++m) {
        warp.load_matrices(a[m], tile, [&](int lane) {
          const int pixel = (number * halo_m16 + m) * 16 + lane % 16;
          return (Tile::first_tap(pixel) + Tile::tap_shift(tap)) * halo_pitch + lane / 16 * 16 +
                 step * (halo_chunk / halo_steps);
        });
        warp.template round<Product>(a[m]);
      }
      WEIR_UNROLL
      for (int n = 0; n < N16; ++n) {
        typename Warp::Words b;
        warp.load_words(b, weights,
                        [&](int lane) { return ((tap * halo_steps + step) * n16 + n) * 32 + lane; });
        WEIR_UNROLL
        for (int m = 0; m < halo_m16; ++m) {
          warp.template multiply<Product>(sums.at[m][2 * n], a[m], b, 0);
          warp.template multiply<Product>(sums.at[m][2 * n + 1], a[m], b, 2);
        }
      }
    }
  }
}

/// store(pixel of the block, channel of the block, value there, value of the next channel).
template <int N16, class Warp, class Store>
WEIR_HD void for_each_halo_sum(const Warp& warp, int number, const HaloSums<Warp, N16>& sums,
                               const Store& store) {
  WEIR_UNROLL
  for (int m = 0; m < halo_m16; ++m) {
    WEIR_UNROLL
    for (int n = 0; n < 2 * N16; ++n)
      warp.for_each_lane(sums.at[m][n], [&](int lane, const Accumulator& mine) {
        WEIR_UNROLL
        for (int i = 0; i < 4; i += 2) {
          const RowColumn at = accumulator_place(lane, i);
          store((number * halo_m16 + m) * 16 + at.row, n * 8 + at.column, mine.value[i], mine.value[i + 1]);
        }
      });
  }
}

}  // namespace weir
