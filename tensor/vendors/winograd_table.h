/// Which convolutions `fast` numerics computes by Winograd's F(4x4, 3x3) (Lavin and Gray 2016): 36
/// multiplications where the direct form has 144. Decided by this table alone, never by timing at run time,
/// so that a run can be repeated.
#pragma once

#include "tensor/vendor.h"

namespace weir {

enum class ConvDirection { forward, input_gradient, weight_gradient };
enum class CpuKind { avx512, amx };
/// This machine's, as oneDNN sees it.
CpuKind cpu_kind();

/// From these sizes on, Winograd was faster in this direction.
struct WinogradRow {
  CpuKind cpu;
  ConvDirection direction;
  Index channels;  // the fewer of in and out
  Index pixels;    // of the output map
};

/// What `weir bench --tune` prints, with oneDNN 2.6.3: how often Winograd is as fast as the direct form
/// within the bounds. Below them maps are too small for tiles of 4x4, or channels too few for the transforms
/// to pay. AMX: a Xeon of 2023, 1.1 to 2.7. AVX-512, forward and input gradient: an EPYC of 2024 (Zen 5), 1.0
/// to 2.1. Weight gradient: a Xeon of 2023 with its AMX hidden, 1.3 to 2.2; the EPYC had wanted 80 channels
/// and maps of 8x8 there.
constexpr WinogradRow winograd_rows[] = {
    {CpuKind::amx, ConvDirection::forward, 24, 64},
    {CpuKind::amx, ConvDirection::input_gradient, 24, 64},
    {CpuKind::amx, ConvDirection::weight_gradient, 24, 16},
    {CpuKind::avx512, ConvDirection::forward, 32, 64},
    {CpuKind::avx512, ConvDirection::input_gradient, 32, 64},
    {CpuKind::avx512, ConvDirection::weight_gradient, 32, 16},
};

/// Whether a convolution lies within a row's bounds.
bool reaches(const WinogradRow& row, const ConvGeometry& g);
/// Tiles are of 3x3 windows that step by one.
bool prefers_winograd(ConvDirection direction, const ConvGeometry& g, CpuKind cpu);

/// While it lives, this thread's `fast` convolutions are Winograd's wherever there is such a form, whatever
/// the table says: how the table is measured.
class WinogradEverywhere {
 public:
  WinogradEverywhere();
  ~WinogradEverywhere();
  WinogradEverywhere(const WinogradEverywhere&) = delete;
  WinogradEverywhere& operator=(const WinogradEverywhere&) = delete;
};

}  // namespace weir
