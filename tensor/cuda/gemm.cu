#include "tensor/cuda/cublas.h"
#include "tensor/cuda/gemm.h"
#include "tensor/cuda/runtime.h"

namespace weir::cuda {
namespace {

constexpr int tile = 64, depth = 16, side = 16, each = tile / side;  // a thread has 4 x 4 elements of a tile

/// Element (i, k) of op(A), or (k, j) of op(B), 0 outside.
template <class Real>
__device__ Real element(const Real* matrix, bool transposed, Index rows, Index columns, Index row,
                        Index column) {
  if (row >= rows || column >= columns) return Real(0);
  return transposed ? matrix[column * rows + row] : matrix[row * columns + column];
}

template <class Real>
__global__ void __launch_bounds__(side* side) tiled_gemm(GemmCall call, GemmBatch batch, Index first) {
  __shared__ Real a_tile[depth][tile + 1], b_tile[depth][tile + 1];
  const Index number = first + blockIdx.z;
  const Real* a = static_cast<const Real*>(call.a) + number * batch.a_stride;
  const Real* b = static_cast<const Real*>(call.b) + number * batch.b_stride;
  Real* c = static_cast<Real*>(call.c) + number * batch.c_stride;
  const bool a_transposed = call.a_is == GemmCall::Operand::transposed;
  const bool b_transposed = call.b_is == GemmCall::Operand::transposed;
  const Index row0 = Index{blockIdx.y} * tile, column0 = Index{blockIdx.x} * tile;
  const int thread = threadIdx.x, ty = thread / side, tx = thread % side;

  Real sum[each][each];
  for (int i = 0; i < each; ++i)
    for (int j = 0; j < each; ++j) {
      const Index row = row0 + ty + i * side, column = column0 + tx + j * side;
      const bool add = call.result == GemmCall::Result::accumulate && row < call.m && column < call.n;
      sum[i][j] = add ? c[row * call.n + column] : Real(0);
    }
  for (Index k0 = 0; k0 < call.k; k0 += depth) {
    for (int i = thread; i < tile * depth; i += side * side) {
      // neighbouring threads read neighbouring addresses, whichever way the operand lies
      const int ak = a_transposed ? i / tile : i % depth, am = a_transposed ? i % tile : i / depth;
      a_tile[ak][am] = element(a, a_transposed, call.m, call.k, row0 + am, k0 + ak);
      const int bk = b_transposed ? i % depth : i / tile, bn = b_transposed ? i / depth : i % tile;
      b_tile[bk][bn] = element(b, b_transposed, call.k, call.n, k0 + bk, column0 + bn);
    }
    __syncthreads();
    const int steps = call.k - k0 < depth ? static_cast<int>(call.k - k0) : depth;
    for (int k = 0; k < steps; ++k) {
      Real x[each], y[each];
      for (int i = 0; i < each; ++i) x[i] = a_tile[k][ty + i * side];
      for (int j = 0; j < each; ++j) y[j] = b_tile[k][tx + j * side];
      for (int i = 0; i < each; ++i)
        for (int j = 0; j < each; ++j) sum[i][j] = fma(x[i], y[j], sum[i][j]);
    }
    __syncthreads();
  }
  for (int i = 0; i < each; ++i)
    for (int j = 0; j < each; ++j) {
      const Index row = row0 + ty + i * side, column = column0 + tx + j * side;
      if (row < call.m && column < call.n) c[row * call.n + column] = sum[i][j];
    }
}

template <class Real>
void multiply_ourselves(const GemmCall& call, const GemmBatch& batch) {
  constexpr Index largest_z = 65535;
  const Index rows = (call.m + tile - 1) / tile, columns = (call.n + tile - 1) / tile;
  expects(rows <= largest_z, "a matrix of {} rows is too large for one product", call.m);
  for (Index first = 0; first < batch.count; first += largest_z) {
    const Index count = batch.count - first < largest_z ? batch.count - first : largest_z;
    const dim3 grid(static_cast<unsigned>(columns), static_cast<unsigned>(rows),
                    static_cast<unsigned>(count));
    tiled_gemm<Real><<<grid, side * side, 0, stream()>>>(call, batch, first);
    check(cudaGetLastError(), "launching a matrix product");
  }
}

}  // namespace

void gemm(const GemmCall& call, const GemmBatch& batch) {
  if (call.m == 0 || call.n == 0 || batch.count == 0) return;
  // An exact product of a batch, or of images, must not know how many of them there are.
  const bool ours = call.k == 0 || call.numerics == Numerics::exact;
  if (!ours && multiply_by_cublas(call, batch)) return;
  if (call.dtype == DType::f64)
    multiply_ourselves<double>(call, batch);
  else
    multiply_ourselves<float>(call, batch);
}

}  // namespace weir::cuda
