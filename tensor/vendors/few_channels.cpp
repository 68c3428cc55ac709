#include "tensor/vendors/few_channels.h"

#include <algorithm>
#include <cstring>
#include <omp.h>
#include <vector>

namespace weir {
namespace {

using Lanes = float __attribute__((vector_size(64)));  // a block of 16 channels
using Half = float __attribute__((vector_size(32)));

Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

/// In a fixed tree.
float sum_of(Lanes v) {
  const Half half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                    __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const float quarter[] = {half[0] + half[4], half[1] + half[5], half[2] + half[6], half[3] + half[7]};
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

/// weight [K,C,R,S] as [R, blocks of K, S, C] of 16 lanes: in the order in which they are used.
std::vector<float> packed(const ConvGeometry& g, const float* weight) {
  const Index blocks = (g.out_channels + block_width - 1) / block_width;
  std::vector<float> result(
      static_cast<std::size_t>(g.window_height * blocks * g.window_width * g.in_channels * block_width));
  for (Index k = 0; k < g.out_channels; ++k)
    for (Index c = 0; c < g.in_channels; ++c)
      for (Index r = 0; r < g.window_height; ++r)
        for (Index s = 0; s < g.window_width; ++s) {
          const Index place = ((r * blocks + k / block_width) * g.window_width + s) * g.in_channels + c;
          result[static_cast<std::size_t>(place * block_width + k % block_width)] =
              weight[((k * g.in_channels + c) * g.window_height + r) * g.window_width + s];
        }
  return result;
}

template <int Channels>
class InputGradient {
 public:
  InputGradient(const ConvCall& call, const float* weights)
      : g_(call.geometry),
        blocks_((g_.out_channels + block_width - 1) / block_width),
        weights_(weights),
        dy_(static_cast<const float*>(call.dy)),
        dx_(static_cast<float*>(call.dx)) {}

  void row(Index n, Index h) const {
    // Columns whose whole window lies in dy go several at a time.
    constexpr int together = 8;
    const Index first = std::max<Index>(g_.window_width - 1 - g_.padding, 0);
    const Index end = std::min(g_.width, g_.out_width - g_.padding);
    Index w = 0;
    while (w < g_.width)
      if (w >= first && w + together <= end) {
        pixels<together>(n, h, w);
        w += together;
      } else {
        pixels<1>(n, h, w++);
      }
  }

 private:
  /// dx[n, :, h, w] and its neighbours: the sum over taps and blocks, lane by lane, then over the lanes.
  template <int Count>
  void pixels(Index n, Index h, Index w) const {
    Lanes sums[Count][Channels] = {};
    for (Index r = 0; r < g_.window_height; ++r) {
      const Index p = h + g_.padding - r;
      if (p < 0 || p >= g_.out_height) continue;
      for (Index block = 0; block < blocks_; ++block) {
        const float* flow = dy_ + ((n * blocks_ + block) * g_.out_height + p) * g_.out_width * block_width;
        const float* taps = weights_ + (r * blocks_ + block) * g_.window_width * Channels * block_width;
        for (Index s = 0; s < g_.window_width; ++s, taps += Channels * block_width) {
          const Index q = w + g_.padding - s;
          if (Count == 1 && (q < 0 || q >= g_.out_width)) continue;
          for (int i = 0; i < Count; ++i) {
            const Lanes pixel = load(flow + (q + i) * block_width);
            for (int c = 0; c < Channels; ++c) sums[i][c] += pixel * load(taps + c * block_width);
          }
        }
      }
    }
    for (int c = 0; c < Channels; ++c)
      for (int i = 0; i < Count; ++i)
        dx_[((n * Channels + c) * g_.height + h) * g_.width + w + i] = sum_of(sums[i][c]);
  }

  ConvGeometry g_;
  Index blocks_;
  const float* weights_;
  const float* dy_;
  float* dx_;
};

template <int Channels>
void input_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const std::vector<float> weights = packed(g, static_cast<const float*>(call.weight));
  const InputGradient<Channels> gradient(call, weights.data());
  const Index rows = g.images * g.height;
#pragma omp parallel for schedule(static) if (omp_get_max_threads() > 1)
  for (Index i = 0; i < rows; ++i) gradient.row(i / g.height, i % g.height);
}

}  // namespace

bool few_channels_input_gradient(const ConvCall& call) {
  if (call.dtype != DType::f32 || call.geometry.stride != 1 || call.x_layout != Layout::plain ||
      call.y_layout != Layout::blocks_of_16)
    return false;
  switch (call.geometry.in_channels) {
    case 1:
      input_gradient<1>(call);
      return true;
    case 2:
      input_gradient<2>(call);
      return true;
    case 3:
      input_gradient<3>(call);
      return true;
    case 4:
      input_gradient<4>(call);
      return true;
    default:
      return false;
  }
}

}  // namespace weir
