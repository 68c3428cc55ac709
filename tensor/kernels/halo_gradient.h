/// The weight gradient on tensor cores: dw[tap, ci, co] = sum over pixels of x[pixel + tap, ci] dy[pixel,
/// co]. A warp has 16 input channels and the 3 taps of a row of the window, whose fragments of dy are the
/// same; a block has 32 input channels, all 9 taps, and adds up tiles of 128 pixels.
#pragma once

#include "tensor/kernels/halo_tile.h"

namespace weir {

constexpr int gradient_pixels = 128;               // of a tile
constexpr int gradient_warps = 6;                  // 2 halves of the input channels x 3 rows of the window
constexpr int gradient_in = 32;                    // input channels of a block
constexpr int gradient_x_pitch = gradient_in + 8;  // words from a pixel of the tile of x to the next
WEIR_HD constexpr int gradient_dy_pitch(int n16) { return 16 * n16 + 8; }
static_assert(column_reads_are_free(gradient_x_pitch) && column_reads_are_free(gradient_dy_pitch(1)) &&
              column_reads_are_free(gradient_dy_pitch(2)) && column_reads_are_free(gradient_dy_pitch(3)) &&
              column_reads_are_free(gradient_dy_pitch(4)) && column_reads_are_free(gradient_dy_pitch(5)));

template <int Width>
using GradientTile = HaloTile<Width, gradient_pixels>;

/// Three taps of 16 input channels x 16 N16 output channels.
template <class Warp, int N16>
struct GradientSums {
  typename Warp::Sums at[3][2 * N16];
};

/// Adds one tile: x with its border [tile pixel][gradient_x_pitch], dy [pixel][gradient_dy_pitch(N16)], in
/// float32.
template <class Tile, int N16, class Warp>
WEIR_HD void multiply_gradient_tile(const Warp& warp, int number, typename Warp::Floats x,
                                    typename Warp::Floats dy, GradientSums<Warp, N16>& sums) {
  const int first_in = number % 2 * 16, window_row = number / 2;
  WEIR_ROLLED
  for (int first = 0; first < gradient_pixels; first += Tf32Product::depth) {
    typename Warp::Words a[3];
    WEIR_UNROLL
    for (int s = 0; s < 3; ++s)
      warp.template gather<4>(a[s], x, [&](int lane, int i) {
        // rows of A are input channels, its columns are pixels
        const int in = lane / 4 + 8 * (i % 2), pixel = first + lane % 4 + 4 * (i / 2);
        return (Tile::first_tap(pixel) + Tile::tap_shift(3 * window_row + s)) * gradient_x_pitch + first_in +
               in;
      });
    WEIR_UNROLL
    for (int n = 0; n < 2 * N16; ++n) {
      typename Warp::Words b;
      warp.template gather<2>(b, dy, [&](int lane, int i) {
        return (first + lane % 4 + 4 * i) * gradient_dy_pitch(N16) + 8 * n + lane / 4;
      });
      WEIR_UNROLL
      for (int s = 0; s < 3; ++s) warp.template multiply<Tf32Product>(sums.at[s][n], a[s], b, 0);
    }
  }
}

/// store(tap, input channel of the block, output channel of the block, value).
template <int N16, class Warp, class Store>
WEIR_HD void for_each_gradient_sum(const Warp& warp, int number, const GradientSums<Warp, N16>& sums,
                                   const Store& store) {
  WEIR_UNROLL
  for (int s = 0; s < 3; ++s) {
    WEIR_UNROLL
    for (int n = 0; n < 2 * N16; ++n)
      warp.for_each_lane(sums.at[s][n], [&](int lane, const Accumulator& mine) {
        WEIR_UNROLL
        for (int i = 0; i < 4; ++i) {
          const RowColumn at = accumulator_place(lane, i);
          store(number / 2 * 3 + s, number % 2 * 16 + at.row, n * 8 + at.column, mine.value[i]);
        }
      });
  }
}

/// dweight[k, c, tap] = the sum of parts [part][tap][padded C][padded K], in their order. Neighbours read
/// neighbours: the many reads are of parts, the one write may be elsewhere.
struct SumGradientParts {
  Index parts, out_channels, in_channels, padded_out, padded_in;
  const float* part;
  float* dweight;
  WEIR_HD void operator()(Index i) const {
    const Index k = i % out_channels, c = i / out_channels % in_channels,
                tap = i / (out_channels * in_channels);
    const float* from = part + (tap * padded_in + c) * padded_out + k;
    constexpr int at_once = 8;  // reads under way while the sum, whose order is fixed, waits for the first
    float sum = 0;
    for (Index first = 0; first < parts; first += at_once) {
      float next[at_once];
      WEIR_UNROLL
      for (int p = 0; p < at_once; ++p)
        next[p] = first + p < parts ? from[(first + p) * 9 * padded_in * padded_out] : 0.0f;
      WEIR_UNROLL
      for (int p = 0; p < at_once; ++p) sum += next[p];
    }
    dweight[(k * in_channels + c) * 9 + tap] = sum;
  }
};

/// Item k of row n * channels + c: pixel k of channel c of image n, however maps lie.
template <class Element, class Real = float>
struct LaidChannelItems {
  HaloStrides strides;
  Index channels, pixels, chunk;  // chunk: channels that lie together
  const Element* x;
  WEIR_HD Real operator()(Index row, Index k) const {
    const Index n = row / channels, c = row % channels;
    return static_cast<Real>(
        x[n * strides.image + k * strides.pixel + c / chunk * strides.chunk + c % chunk]);
  }
};

/// sums[n, run, c] = a run of the pixels of channel c of image n, `runs` of about equal length: where
/// channels lie together, neighbours read neighbours.
template <class Element, class Real = float>
struct SumPixelRuns {
  LaidChannelItems<Element, Real> items;
  Index runs;
  Real* sums;
  WEIR_HD void operator()(Index i) const {
    const Index c = i % items.channels, run = i / items.channels % runs, n = i / (items.channels * runs);
    const Index last = items.pixels * (run + 1) / runs;
    Real sum = 0;
    for (Index k = items.pixels * run / runs; k < last; ++k) sum += items(n * items.channels + c, k);
    sums[i] = sum;
  }
};

}  // namespace weir
