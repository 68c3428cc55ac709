/// Convolutions of images with at most 4 channels in 3x3 windows with one pixel of padding: as fast as memory
/// without tensor cores, and exact. Images are plain, feature maps in blocks of 16.
#pragma once

#include "tensor/kernels/halo_exact.h"
#include "tensor/kernels/halo_pack.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/lanes.h"

namespace weir {

constexpr int few_channels = 4;

/// weights[c, tap][K up to blocks of 16], so that 4 output channels are one load.
struct PackForFewIn {
  WindowWeights from;
  Index padded_out;
  float* packed;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / padded_out;
    packed[i] = from.at({i % padded_out, row / 9, static_cast<int>(row % 9)});
  }
};

/// y = activation(bias + window), one call a cell of y, one chain of fused multiply-adds an output over (c,
/// tap).
struct FewChannelsForward {
  BlockedImages out;
  Index channels, biases;  // real ones
  bool relu;
  const float* x;
  const Floats4* weights;
  const float* bias;
  float* y;
  WEIR_HD void operator()(Index i) const {
    const Cell cell = cell_at(i, out);
    float sum[16];
    WEIR_UNROLL
    for (int lane = 0; lane < 16; ++lane) {
      const Index k = cell.block * 16 + lane;
      sum[lane] = bias != nullptr && k < biases ? bias[k] : 0.0f;
    }
    const Index quads = out.blocks() * 4;
    for (Index c = 0; c < channels; ++c)
      for (int tap = 0; tap < 9; ++tap) {
        const Index h = cell.row + tap / 3 - 1, w = cell.column + tap % 3 - 1;
        if (h < 0 || h >= out.height || w < 0 || w >= out.width) continue;
        const float value = x[((cell.n * channels + c) * out.height + h) * out.width + w];
        WEIR_UNROLL
        for (int quad = 0; quad < 4; ++quad) {
          const Floats4 weight = weights[(c * 9 + tap) * quads + cell.block * 4 + quad];
          WEIR_UNROLL
          for (int lane = 0; lane < 4; ++lane)
            sum[quad * 4 + lane] = std::fma(value, weight.value[lane], sum[quad * 4 + lane]);
        }
      }
    WEIR_UNROLL
    for (int lane = 0; lane < 16; ++lane) {
      const bool real = cell.block * 16 + lane < out.channels;
      if (!real || (relu && sum[lane] < 0)) sum[lane] = 0;
    }
    store_lanes(sum, y + i * 16);
  }
};

/// weights[K up to blocks of 16][tap][4]: those of the 4 image channels are one load.
struct PackForFewOut {
  WindowWeights from;  // toward the input
  float* packed;
  WEIR_HD void operator()(Index i) const {
    packed[i] = from.at({i % few_channels, i / (9 * few_channels), static_cast<int>(i / few_channels % 9)});
  }
};

/// dx of all channels of one pixel, one chain over (k, tap) for each.
struct FewChannelsInputGradient {
  BlockedImages flow;  // dy
  Index channels;      // of dx
  const float* dy;
  const Floats4* weights;
  float* dx;
  WEIR_HD void operator()(Index i) const {
    const Index pixels = flow.pixels(), n = i / pixels, row = i % pixels / flow.width,
                column = i % flow.width;
    float sum[few_channels] = {};
    for (Index block = 0; block < flow.blocks(); ++block)
      for (int tap = 0; tap < 9; ++tap) {
        const Index h = row + tap / 3 - 1, w = column + tap % 3 - 1;
        if (h < 0 || h >= flow.height || w < 0 || w >= flow.width) continue;
        const Floats4* from = reinterpret_cast<const Floats4*>(dy + flow.offset(n, block, h, w));
        WEIR_UNROLL
        for (int quad = 0; quad < 4; ++quad) {
          const Floats4 four = from[quad];
          WEIR_UNROLL
          for (int lane = 0; lane < 4; ++lane) {
            const Floats4 weight = weights[(block * 16 + quad * 4 + lane) * 9 + tap];
            WEIR_UNROLL
            for (int c = 0; c < few_channels; ++c)
              sum[c] = std::fma(four.value[lane], weight.value[c], sum[c]);
          }
        }
      }
    WEIR_UNROLL
    for (int c = 0; c < few_channels; ++c)
      if (c < channels) dx[(n * channels + c) * pixels + i % pixels] = sum[c];
  }
};

}  // namespace weir
