/// A convolution as the halo-tile kernels take it: forward, or the input gradient as a forward with exchanged
/// channels. Launched by the width of the maps; a file for each width, since they are long to compile.
#pragma once

#include "tensor/kernels/halo_product.h"

namespace weir::cuda {

enum class Arithmetic { float32, tf32, bfloat16 };

struct HaloCall {
  const void* x = nullptr;
  const void* weights = nullptr;  // packed
  const float* bias = nullptr;    // or null
  void* y = nullptr;
  HaloStrides in = {}, out = {};
  Index images = 0;
  Index in_channels = 0, out_channels = 0;  // both up to whole blocks of 16
  Index biases = 0;                         // real output channels
  bool relu = false;
};

/// Of a block: 80 output channels are 160 sums a lane. At 4x4 pixels, whose addresses are the most work, 8.0
/// and 8.6 would spill.
constexpr int largest_n16(Index width) { return width == 4 ? 4 : 5; }

/// How the output channels are dealt to blocks: `groups` of 16 * n16.
struct HaloGroups {
  int groups, n16;
};
/// In as few groups as can be with at most 16 pad channels.
constexpr HaloGroups halo_groups(Index out_channels, Index width) {
  const int all = static_cast<int>((out_channels + 15) / 16);
  for (int most = largest_n16(width); most > 1; --most) {
    const int groups = (all + most - 1) / most, n16 = (all + groups - 1) / groups;
    if (groups * n16 <= all + 1) return {groups, n16};
  }
  return {all, 1};
}

/// The weight gradient: `splits` parts [9][padded_in][padded_out], whose sum is the gradient. Pixels are
/// dealt to parts tile by tile.
struct GradientCall {
  const void* x = nullptr;
  const void* dy = nullptr;
  float* parts = nullptr;
  HaloStrides in = {}, out = {};
  Index images = 0, tiles = 0, splits = 0;
  Index in_channels = 0, out_channels = 0;  // up to whole blocks of 16
  Index padded_in = 0, padded_out = 0;      // up to whole blocks of threads
};

template <int Width>
void launch_gradient(const GradientCall& call, Arithmetic arithmetic);
extern template void launch_gradient<32>(const GradientCall&, Arithmetic);
extern template void launch_gradient<16>(const GradientCall&, Arithmetic);
extern template void launch_gradient<8>(const GradientCall&, Arithmetic);
extern template void launch_gradient<4>(const GradientCall&, Arithmetic);

template <int Width>
void launch_halo(const HaloCall& call, Arithmetic arithmetic);
extern template void launch_halo<32>(const HaloCall&, Arithmetic);
extern template void launch_halo<16>(const HaloCall&, Arithmetic);
extern template void launch_halo<8>(const HaloCall&, Arithmetic);
extern template void launch_halo<4>(const HaloCall&, Arithmetic);

}  // namespace weir::cuda
