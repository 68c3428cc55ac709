#include "tensor/vendors/winograd_table.h"

#include <algorithm>

#ifdef WEIR_WITH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace weir {
namespace {

thread_local int everywhere = 0;  // scopes that are open

}  // namespace

WinogradEverywhere::WinogradEverywhere() { ++everywhere; }
WinogradEverywhere::~WinogradEverywhere() { --everywhere; }

CpuKind cpu_kind() {
#ifdef WEIR_WITH_ONEDNN
  const auto isa = static_cast<int>(dnnl::get_effective_cpu_isa());
  if (isa >= static_cast<int>(dnnl::cpu_isa::avx512_core_amx)) return CpuKind::amx;
#endif
  return CpuKind::avx512;
}

bool reaches(const WinogradRow& row, const ConvGeometry& g) {
  return std::min(g.in_channels, g.out_channels) >= row.channels && g.out_height * g.out_width >= row.pixels;
}

bool prefers_winograd(ConvDirection direction, const ConvGeometry& g, CpuKind cpu) {
  if (g.window_height != 3 || g.window_width != 3 || g.stride != 1 || g.padding > 1) return false;
  if (everywhere > 0) return true;
  for (const WinogradRow& row : winograd_rows)
    if (row.direction == direction && row.cpu == cpu) return reaches(row, g);
  return false;
}

}  // namespace weir
