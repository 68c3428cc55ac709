/// Matrix products whose rows do not know each other: C[i, :] is accumulated over k in ascending order with
/// the same operations whatever m is, so an image's bits do not depend on its batch. Two forms with equal
/// bits: naive, and blocked for the cache and the vector unit.
#pragma once

#include <vector>

#include "tensor/vendor.h"

namespace weir {

template <class Real>
void naive_gemm(const GemmCall& call) {
  using Operand = GemmCall::Operand;
  const auto* a = static_cast<const Real*>(call.a);
  const auto* b = static_cast<const Real*>(call.b);
  auto* c = static_cast<Real*>(call.c);
  for (Index i = 0; i < call.m; ++i)
    for (Index j = 0; j < call.n; ++j) {
      Real sum = call.result == GemmCall::Result::accumulate ? c[i * call.n + j] : Real(0);
      for (Index k = 0; k < call.k; ++k) {
        const Real x = call.a_is == Operand::plain ? a[i * call.k + k] : a[k * call.m + i];
        const Real y = call.b_is == Operand::plain ? b[k * call.n + j] : b[j * call.k + k];
        sum += x * y;
      }
      c[i * call.n + j] = sum;
    }
}

namespace row_gemm_detail {

/// Columns of B that are held in registers over the whole of k: 4 vector registers of 64 bytes.
template <class Real>
constexpr int panel_width = 256 / static_cast<int>(sizeof(Real));

/// to[j, i] = from[i, j], tile by tile, since one of both sides is always strided.
template <class Real>
void transpose_into(const Real* from, Index rows, Index columns, Index from_stride, Real* to,
                    Index to_stride) {
  constexpr Index tile = 16;  // a tile of both matrices fits into the first-level cache
  for (Index i0 = 0; i0 < rows; i0 += tile)
    for (Index j0 = 0; j0 < columns; j0 += tile)
      for (Index i = i0; i < rows && i < i0 + tile; ++i)
        for (Index j = j0; j < columns && j < j0 + tile; ++j)
          to[j * to_stride + i] = from[i * from_stride + j];
}

/// Columns [j0, j0 + width) of op(B), which then lie beside each other: [k, width].
template <class Real>
void pack_panel(const GemmCall& call, Index j0, Index width, Real* panel) {
  const auto* b = static_cast<const Real*>(call.b);
  if (call.b_is == GemmCall::Operand::transposed) {
    transpose_into(b + j0 * call.k, width, call.k, call.k, panel, width);
    return;
  }
  for (Index k = 0; k < call.k; ++k)
    for (Index j = 0; j < width; ++j) panel[k * width + j] = b[k * call.n + j0 + j];
}

/// Rows [i, i + Rows) of C, columns [j0, j0 + Width), from a packed panel.
template <class Real, int Rows, int Width>
void tile(const GemmCall& call, const Real* a, const Real* panel, Index i, Index j0) {
  auto* c = static_cast<Real*>(call.c);
  Real sum[Rows][Width];
  for (int r = 0; r < Rows; ++r)
    for (int j = 0; j < Width; ++j)
      sum[r][j] = call.result == GemmCall::Result::accumulate ? c[(i + r) * call.n + j0 + j] : Real(0);
  for (Index k = 0; k < call.k; ++k)
    for (int r = 0; r < Rows; ++r) {
      const Real x = a[(i + r) * call.k + k];
      for (int j = 0; j < Width; ++j) sum[r][j] += x * panel[k * Width + j];
    }
  for (int r = 0; r < Rows; ++r)
    for (int j = 0; j < Width; ++j) c[(i + r) * call.n + j0 + j] = sum[r][j];
}

/// All rows of one panel, which stays in the second-level cache meanwhile.
template <class Real, int Width>
void panel_product(const GemmCall& call, const Real* a, Real* panel, Index j0) {
  pack_panel(call, j0, Width, panel);
  Index i = 0;
  for (; i + 4 <= call.m; i += 4) tile<Real, 4, Width>(call, a, panel, i, j0);
  for (; i < call.m; ++i) tile<Real, 1, Width>(call, a, panel, i, j0);
}

/// Memory that a thread keeps from call to call.
template <class Real, int which>
Real* scratch(Index count) {
  thread_local std::vector<Real> memory;
  if (memory.size() < static_cast<std::size_t>(count)) memory.resize(static_cast<std::size_t>(count));
  return memory.data();
}

}  // namespace row_gemm_detail

template <class Real>
void row_gemm(const GemmCall& call) {
  using namespace row_gemm_detail;
  const auto* a = static_cast<const Real*>(call.a);
  if (call.a_is == GemmCall::Operand::transposed) {
    Real* straight = scratch<Real, 0>(call.m * call.k);
    transpose_into(a, call.k, call.m, call.m, straight, call.k);
    a = straight;
  }
  constexpr int width = panel_width<Real>;
  Real* panel = scratch<Real, 1>(call.k * width);
  Index j = 0;
  for (; j + width <= call.n; j += width) panel_product<Real, width>(call, a, panel, j);
  for (; j + width / 4 <= call.n; j += width / 4) panel_product<Real, width / 4>(call, a, panel, j);
  for (; j < call.n; ++j) panel_product<Real, 1>(call, a, panel, j);
}

}  // namespace weir
