/// Matrix products whose rows do not know each other: C[i, :] is accumulated over k in ascending order with
/// the same operations whatever m is, so an image's bits do not depend on its batch. Two forms with equal
/// bits: naive, and blocked for the cache and the vector unit.
#pragma once

#include <cstring>
#include <new>
#include <omp.h>
#include <utility>
#include <vector>

#include "tensor/memory.h"
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

/// 64 bytes, which is a register of AVX-512. Said in the type: compilers left to themselves take half of it.
template <class Real>
struct LanesOf {
  typedef Real Type __attribute__((vector_size(64)));
};
template <class Real>
using Lanes = typename LanesOf<Real>::Type;
template <class Real>
constexpr int lane_count = 64 / static_cast<int>(sizeof(Real));

/// Vector: Lanes<Real>, or Real for one alone.
template <class Vector, class Real>
Vector load(const Real* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}
template <class Vector, class Real>
void store(const Vector& vector, Real* to) {
  std::memcpy(to, &vector, sizeof vector);
}

/// a[First], b[First], a[First + 1], b[First + 1], ...: half of the lanes of each.
template <int First, class Vector, int... I>
Vector interleaved(const Vector& a, const Vector& b, std::integer_sequence<int, I...>) {
  constexpr int count = sizeof...(I);
  return __builtin_shufflevector(a, b, (First + I / 2 + I % 2 * count)...);
}

/// to[j, i] = from[i, j] for a square block in registers. Each step interleaves the upper half of the rows
/// with the lower; after as many as a lane's number has bits, rows are columns.
template <class Real>
void transpose_block(const Real* from, Index from_stride, Real* to, Index to_stride) {
  constexpr int n = lane_count<Real>;
  using Numbers = std::make_integer_sequence<int, n>;
  Lanes<Real> rows[n], next[n];
  for (int i = 0; i < n; ++i) rows[i] = load<Lanes<Real>>(from + i * from_stride);
  for (int step = 1; step < n; step *= 2) {
    for (int i = 0; i < n / 2; ++i) {
      next[2 * i] = interleaved<0>(rows[i], rows[i + n / 2], Numbers{});
      next[2 * i + 1] = interleaved<n / 2>(rows[i], rows[i + n / 2], Numbers{});
    }
    for (int i = 0; i < n; ++i) rows[i] = next[i];
  }
  for (int i = 0; i < n; ++i) store(rows[i], to + i * to_stride);
}

/// to[j, i] = from[i, j], block by block, and what is left one by one.
template <class Real>
void transpose_into(const Real* from, Index rows, Index columns, Index from_stride, Real* to,
                    Index to_stride) {
  constexpr Index block = lane_count<Real>;
  const Index whole_rows = rows / block * block, whole_columns = columns / block * block;
  for (Index i = 0; i < whole_rows; i += block)
    for (Index j = 0; j < whole_columns; j += block)
      transpose_block(from + i * from_stride + j, from_stride, to + j * to_stride + i, to_stride);
  for (Index i = 0; i < rows; ++i)
    for (Index j = i < whole_rows ? whole_columns : 0; j < columns; ++j)
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

/// Rows [i, i + Rows) of C, and of its columns as many vectors from j0 on as a row of the packed panel has.
template <class Vector, int Rows, int Vectors, class Real>
void tile(const GemmCall& call, const Real* a, const Real* panel, Index i, Index j0) {
  constexpr int width = sizeof(Vector) / sizeof(Real);
  Real* c = static_cast<Real*>(call.c) + i * call.n + j0;
  Vector sum[Rows][Vectors] = {};
  if (call.result == GemmCall::Result::accumulate)
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) sum[r][v] = load<Vector>(c + r * call.n + v * width);
  for (Index k = 0; k < call.k; ++k)
    for (int v = 0; v < Vectors; ++v) {
      const Vector column = load<Vector>(panel + (k * Vectors + v) * width);
      for (int r = 0; r < Rows; ++r) sum[r][v] += a[(i + r) * call.k + k] * column;
    }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) store(sum[r][v], c + r * call.n + v * width);
}

/// Memory that a thread keeps from call to call. Throws Error (resource) when there is none left.
template <class Real, int which>
Real* scratch(Index count) try {
  thread_local std::vector<Real> memory;
  if (memory.size() < static_cast<std::size_t>(count)) memory.resize(static_cast<std::size_t>(count));
  return memory.data();
} catch (const std::bad_alloc&) {
  fail_out_of_memory(static_cast<std::size_t>(count) * sizeof(Real));
}

/// All rows of one panel, which stays in the second-level cache meanwhile.
template <class Vector, int Vectors, class Real>
void panel_product(const GemmCall& call, const Real* a, Index j0, Real* panel) {
  constexpr Index width = Vectors * sizeof(Vector) / sizeof(Real);
  pack_panel(call, j0, width, panel);
  Index i = 0;
  for (; i + 4 <= call.m; i += 4) tile<Vector, 4, Vectors>(call, a, panel, i, j0);
  for (; i < call.m; ++i) tile<Vector, 1, Vectors>(call, a, panel, i, j0);
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
  constexpr Index lanes = lane_count<Real>, width = 4 * lanes;
  const Index panels = call.n / width;
  constexpr Index fewest = 131072;  // values of B for which threads pay: a fork is microseconds
  const int threads = call.k * call.n < fewest ? 1 : omp_get_max_threads();
  // Taken before the threads part: an exception that left their region would end the process.
  const Index panel_size = call.k * width;
  Real* memory = scratch<Real, 1>(threads * panel_size);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (Index panel = 0; panel < panels; ++panel)
    panel_product<Lanes<Real>, 4>(call, a, panel * width, memory + omp_get_thread_num() * panel_size);
  Index j = panels * width;
  for (; j + lanes <= call.n; j += lanes) panel_product<Lanes<Real>, 1>(call, a, j, memory);
  for (; j < call.n; ++j) panel_product<Real, 1>(call, a, j, memory);
}

}  // namespace weir
