/// Which convolutions `fast` numerics computes by Winograd's F(4x4, 3x3) (Lavin and Gray 2016): 36
/// multiplications where the direct form has 144. Decided by this table alone, never by timing at run time,
/// so that a run can be repeated.
#pragma once

#include <algorithm>

#include "tensor/vendor.h"

namespace weir {

enum class ConvDirection { forward, input_gradient, weight_gradient };
enum class CpuKind { avx512, amx };

/// From these sizes on, Winograd was faster in this direction.
struct WinogradRow {
  CpuKind cpu;
  ConvDirection direction;
  Index channels;  // the fewer of in and out
  Index pixels;    // of the output map
};

/// Measured with oneDNN 2.6.3, 32 images on one thread. AMX: a Xeon of 2023, 1.1 to 2.7 times as fast as the
/// direct form within the bounds; below them maps are too small for tiles of 4x4, or channels too few for the
/// transforms to pay. AVX-512: an EPYC of 2024 (Zen 5), 1.0 to 2.1 times.
constexpr WinogradRow winograd_rows[] = {
    {CpuKind::amx, ConvDirection::forward, 24, 64},
    {CpuKind::amx, ConvDirection::input_gradient, 24, 64},
    {CpuKind::amx, ConvDirection::weight_gradient, 24, 16},
    {CpuKind::avx512, ConvDirection::forward, 32, 64},
    {CpuKind::avx512, ConvDirection::input_gradient, 32, 64},
    {CpuKind::avx512, ConvDirection::weight_gradient, 80, 64},
};

/// Tiles are of 3x3 windows that step by one.
inline bool prefers_winograd(ConvDirection direction, const ConvGeometry& g, CpuKind cpu) {
  if (g.window_height != 3 || g.window_width != 3 || g.stride != 1 || g.padding > 1) return false;
  for (const WinogradRow& row : winograd_rows)
    if (row.direction == direction && row.cpu == cpu)
      return std::min(g.in_channels, g.out_channels) >= row.channels &&
             g.out_height * g.out_width >= row.pixels;
  return false;
}

}  // namespace weir
