/// Which convolutions `fast` numerics computes by Winograd's F(4x4, 3x3) (Lavin and Gray 2016): 36
/// multiplications where the direct form has 144. Decided by this table alone, never by timing at run time,
/// so that a run can be repeated. `weir bench --ops --numerics exact,fast` prints what a row should say.
#pragma once

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>

#include "tensor/vendor.h"

namespace weir::onednn_algorithms {

enum class Direction { forward, input_gradient, weight_gradient };

/// From these sizes on, Winograd was faster in this direction on CPUs with at least this instruction set.
struct WinogradRow {
  dnnl::cpu_isa isa;
  Direction direction;
  Index channels;  // the fewer of in and out
  Index pixels;    // of the output map
};

/// Measured with oneDNN 2.6.3, 32 images on one thread. AMX: a Xeon of 2023 (Sapphire Rapids), 1.1 to 2.7
/// times the direct form within the bounds; below them maps are too small for tiles of 4x4, or channels too
/// few for the transforms to pay. AVX512_BF16: an EPYC of 2024 (Zen 5), 1.0 to 2.1 times. Plain AVX-512 is
/// taken to be like the latter, unmeasured. Larger instruction sets first.
constexpr WinogradRow winograd_rows[] = {
    {dnnl::cpu_isa::avx512_core_amx, Direction::forward, 24, 64},
    {dnnl::cpu_isa::avx512_core_amx, Direction::input_gradient, 24, 64},
    {dnnl::cpu_isa::avx512_core_amx, Direction::weight_gradient, 24, 16},
    {dnnl::cpu_isa::avx512_core, Direction::forward, 32, 64},
    {dnnl::cpu_isa::avx512_core, Direction::input_gradient, 32, 64},
    {dnnl::cpu_isa::avx512_core, Direction::weight_gradient, 80, 64},
};

/// oneDNN 3 has no Winograd; its tiles are of 3x3 windows that step by one.
inline bool prefers_winograd(Direction direction, const ConvGeometry& g, dnnl::cpu_isa isa) {
  if (DNNL_VERSION_MAJOR > 2 || g.window_height != 3 || g.window_width != 3 || g.stride != 1 || g.padding > 1)
    return false;
  for (const WinogradRow& row : winograd_rows)
    if (row.direction == direction && static_cast<int>(isa) >= static_cast<int>(row.isa))
      return std::min(g.in_channels, g.out_channels) >= row.channels &&
             g.out_height * g.out_width >= row.pixels;
  return false;
}

}  // namespace weir::onednn_algorithms
