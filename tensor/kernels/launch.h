/// The two launchers: everything that we compute ourselves goes through for_each_index or reduce_rows. An
/// op author writes a functor and never sees a grid, a thread or a barrier.
#pragma once

#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/kernels/emulate.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/portable.h"
#include "tensor/profile.h"
#include "tensor/workers.h"
#ifdef __CUDACC__
#include "tensor/cuda/runtime.h"
#endif

#if defined(WEIR_WITH_CUDA) && !defined(__CUDACC__)
#error "this build has CUDA: files that launch kernels must be compiled by nvcc (one-definition rule)"
#endif

namespace weir {

#ifdef __CUDACC__
namespace cuda_launch {

template <class Kernel>
__global__ void grid_stride(Index count, Kernel kernel) {
  const Index stride = Index{gridDim.x} * blockDim.x;
  for (Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) kernel(i);
}

constexpr int threads_per_block = 256;
constexpr Index largest_grid = 65536;

/// Enough blocks for so many threads, up to where a stride pays.
inline unsigned grid_for(Index threads) {
  const Index wanted = (threads + threads_per_block - 1) / threads_per_block;
  return static_cast<unsigned>(wanted < largest_grid ? wanted : largest_grid);
}

}  // namespace cuda_launch
#endif

/// Below this many elements waking the workers does not pay: ten microseconds on an idle machine. OpenMP's
/// helpers wake faster, and then spin for a hundredth of a second on the core where the next piece of a batch
/// wants to compute: a tenth to a quarter of a training's processor time.
constexpr Index smallest_parallel_count = 524288;

/// kernel(i) for each i in [0, count), each exactly once, in no promised order. `work` is the number of
/// elements that one call touches; it only decides whether threads pay.
template <class Kernel>
void for_each_index(Device& device, Index count, const Kernel& kernel, Index work = 1) {
  if (count <= 0) return;
  const MemoryAccess access(device.memory());
  const bool threads_pay = device.executor() == Executor::threads && count * work >= smallest_parallel_count;
  const int threads = threads_pay ? threads_here() : 1;
  const ProfileScope timed(Timed::kernel, threads);
  const auto run = [&kernel](Index first, Index last) {
    const Kernel mine = kernel;  // a local's members stay in registers: stores cannot have changed them
    for (Index i = first; i < last; ++i) mine(i);
  };
  switch (device.executor()) {
    case Executor::serial:
      return run(0, count);
    case Executor::threads:
      if (threads == 1) return run(0, count);
      run_pieces(threads, [&](Index part) { run(count * part / threads, count * (part + 1) / threads); });
      return;
    case Executor::emulated_grid:
      emulate::for_each_index(count, kernel);
      return;
    case Executor::cuda:
#ifdef __CUDACC__
      cuda_launch::
          grid_stride<<<cuda_launch::grid_for(count), cuda_launch::threads_per_block, 0, cuda::stream()>>>(
              count, kernel);
      cuda::check(cudaGetLastError(), "launching for_each_index");
#else
      ensures(false, "a cuda device in a build without CUDA");
#endif
      return;
  }
}

namespace launch_detail {
template <class View, class Kernel>
struct OneCell {
  View view;
  Kernel kernel;
  WEIR_HD void operator()(Index i) const { kernel(cell_at(i, view), i); }
};
template <class View, class Kernel>
struct RowOfCells {
  View view;
  Kernel kernel;
  WEIR_HD void operator()(Index r) const { view.for_each_cell_of_row(r, kernel); }
};
}  // namespace launch_detail

/// kernel(cell, number) for each cell of an image tensor, which begins at number * lanes. A grid computes
/// each cell's place from its number; a CPU walks rows, since the divisions cost more than most kernels do.
template <class View, class Kernel>
void for_each_cell(Device& device, const View& view, const Kernel& kernel, Index work = View::lanes) {
  if (view.cells() == 0) return;
  if (device.is_host())
    for_each_index(device, view.rows(), launch_detail::RowOfCells<View, Kernel>{view, kernel},
                   work * (view.cells() / view.rows()));
  else
    for_each_index(device, view.cells(), launch_detail::OneCell<View, Kernel>{view, kernel}, work);
}

struct RowShape {
  Index rows = 0;
  Index items = 0;  // of each row
};

/// Items are dealt to this many partial states (item k to state k % lanes), which then merge in a fixed tree:
/// the same bits on every executor.
constexpr int reduction_lanes = 32;

/// Folds one row. Monoid has State, Result, identity(), absorb(State, value), merge(State, State),
/// finish(State).
template <class Monoid, class Load>
WEIR_HD typename Monoid::Result reduce_row(const Load& load, Index row, Index items) {
  typename Monoid::State lane[reduction_lanes];
  for (int l = 0; l < reduction_lanes; ++l) lane[l] = Monoid::identity();
  Index k = 0;
  for (; k + reduction_lanes <= items; k += reduction_lanes)
    for (int l = 0; l < reduction_lanes; ++l) lane[l] = Monoid::absorb(lane[l], load(row, k + l));
  for (int l = 0; k + l < items; ++l) lane[l] = Monoid::absorb(lane[l], load(row, k + l));
  for (int half = reduction_lanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] = Monoid::merge(lane[l], lane[l + half]);
  return Monoid::finish(lane[0]);
}

namespace launch_detail {
template <class Monoid, class Load>
struct RowKernel {
  Load load;
  Index items;
  typename Monoid::Result* result;
  WEIR_HD void operator()(Index row) const { result[row] = reduce_row<Monoid>(load, row, items); }
};
}  // namespace launch_detail

#ifdef __CUDACC__
namespace cuda_launch {

/// A state from the lane `distance` further on.
template <class State>
__device__ State from_lane_behind(const State& mine, int distance) {
  static_assert(sizeof(State) % sizeof(std::uint32_t) == 0, "states travel between lanes in whole words");
  constexpr int words = sizeof(State) / sizeof(std::uint32_t);
  std::uint32_t word[words];
  memcpy(word, &mine, sizeof(State));
  for (int w = 0; w < words; ++w) word[w] = __shfl_down_sync(0xFFFFFFFFu, word[w], distance);
  State other;
  memcpy(&other, word, sizeof(State));
  return other;
}

/// reduce_row by a warp: its 32 lanes are the 32 partial states, and they merge in the same tree.
template <class Monoid, class Load>
__global__ void reduce_row_by_a_warp(RowShape shape, Load load, typename Monoid::Result* result) {
  static_assert(reduction_lanes == 32, "a warp has as many lanes as a row has partial states");
  const int lane = threadIdx.x % 32;
  const Index warps = Index{gridDim.x} * (blockDim.x / 32);
  for (Index row = Index{blockIdx.x} * (blockDim.x / 32) + threadIdx.x / 32; row < shape.rows; row += warps) {
    typename Monoid::State state = Monoid::identity();
    for (Index k = lane; k < shape.items; k += 32) state = Monoid::absorb(state, load(row, k));
    for (int half = 16; half > 0; half /= 2) {
      const typename Monoid::State other = from_lane_behind(state, half);
      state = Monoid::merge(state, other);
    }
    if (lane == 0) result[row] = Monoid::finish(state);
  }
}

}  // namespace cuda_launch
#endif

/// result[row] = the fold of load(row, 0) ... load(row, items - 1), in an order that depends on nothing but
/// `items`.
template <class Monoid, class Load>
void reduce_rows(Device& device, RowShape shape, const Load& load, typename Monoid::Result* result) {
#ifdef __CUDACC__
  if (device.executor() == Executor::cuda) {
    if (shape.rows <= 0) return;
    const ProfileScope timed(Timed::kernel);
    cuda_launch::reduce_row_by_a_warp<Monoid>
        <<<cuda_launch::grid_for(32 * shape.rows), cuda_launch::threads_per_block, 0, cuda::stream()>>>(
            shape, load, result);
    cuda::check(cudaGetLastError(), "launching reduce_rows");
    return;
  }
#endif
  for_each_index(device, shape.rows, launch_detail::RowKernel<Monoid, Load>{load, shape.items, result},
                 shape.items);
}

}  // namespace weir
