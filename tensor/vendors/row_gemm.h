/// Matrix products whose rows do not know each other: C[i, :] is accumulated over k in ascending order with
/// the same operations whatever m is, so an image's bits do not depend on its batch. Two forms with equal
/// bits: naive, and blocked for the cache and the vector unit.
#pragma once

#include <vector>

#include "tensor/vendor.h"

namespace weir {

/// The transposed copy of a [rows, columns] matrix, in `result`, which grows and is kept from call to call.
template <class Real>
const Real* transposed(const Real* a, Index rows, Index columns, std::vector<Real>& result) {
  constexpr Index tile = 16;  // a tile of both matrices fits into the first-level cache
  if (result.size() < static_cast<std::size_t>(rows * columns))
    result.resize(static_cast<std::size_t>(rows * columns));
  for (Index i0 = 0; i0 < rows; i0 += tile)
    for (Index j0 = 0; j0 < columns; j0 += tile)
      for (Index i = i0; i < rows && i < i0 + tile; ++i)
        for (Index j = j0; j < columns && j < j0 + tile; ++j)
          result[static_cast<std::size_t>(j * rows + i)] = a[i * columns + j];
  return result.data();
}

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

/// Columns [j0, j0 + width) of rows [i, i + Rows), held in registers over the whole of k.
template <class Real, int Rows, int Width>
void tile(const Real* a, const Real* b, Real* c, const GemmCall& call, Index i, Index j0) {
  Real sum[Rows][Width];
  for (int r = 0; r < Rows; ++r)
    for (int j = 0; j < Width; ++j)
      sum[r][j] = call.result == GemmCall::Result::accumulate ? c[(i + r) * call.n + j0 + j] : Real(0);
  for (Index k = 0; k < call.k; ++k) {
    const Real* row = b + k * call.n + j0;
    for (int r = 0; r < Rows; ++r) {
      const Real x = a[(i + r) * call.k + k];
      for (int j = 0; j < Width; ++j) sum[r][j] += x * row[j];
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int j = 0; j < Width; ++j) c[(i + r) * call.n + j0 + j] = sum[r][j];
}

template <class Real, int Rows>
void rows(const Real* a, const Real* b, Real* c, const GemmCall& call, Index i) {
  constexpr int width = 256 / static_cast<int>(sizeof(Real));  // 4 vector registers of 64 bytes a row
  Index j = 0;
  for (; j + width <= call.n; j += width) tile<Real, Rows, width>(a, b, c, call, i, j);
  for (; j + width / 4 <= call.n; j += width / 4) tile<Real, Rows, width / 4>(a, b, c, call, i, j);
  for (; j < call.n; ++j) tile<Real, Rows, 1>(a, b, c, call, i, j);
}

}  // namespace row_gemm_detail

template <class Real>
void row_gemm(const GemmCall& call) {
  thread_local std::vector<Real> packed_a, packed_b;
  const auto* a = static_cast<const Real*>(call.a);
  const auto* b = static_cast<const Real*>(call.b);
  auto* c = static_cast<Real*>(call.c);
  if (call.a_is == GemmCall::Operand::transposed) a = transposed(a, call.k, call.m, packed_a);
  if (call.b_is == GemmCall::Operand::transposed) b = transposed(b, call.n, call.k, packed_b);
  Index i = 0;
  for (; i + 4 <= call.m; i += 4) row_gemm_detail::rows<Real, 4>(a, b, c, call, i);
  for (; i < call.m; ++i) row_gemm_detail::rows<Real, 1>(a, b, c, call, i);
}

}  // namespace weir
