/// The two launchers: everything that we compute ourselves goes through for_each_index or reduce_rows. This
/// is the only clever file; an op author writes a functor and never sees a grid, a thread or a barrier.
#pragma once

#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/kernels/emulate.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/portable.h"
#include "tensor/profile.h"
#include "tensor/workers.h"

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

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  fail({.kind = ErrorKind::unavailable,
        .code = "E0704",
        .message = std::string("CUDA: ") + cudaGetErrorString(status) + " in " + what});
}

}  // namespace cuda_launch
#endif

/// Below this many elements waking the workers does not pay: some ten microseconds on an idle machine, and
/// milliseconds when the other core is busy with something else. OpenMP would be quicker at it, but its helpers
/// go on spinning for a hundredth of a second on the core where the next piece of a batch wants to compute.
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
  switch (device.executor()) {
    case Executor::serial:
      for (Index i = 0; i < count; ++i) kernel(i);
      return;
    case Executor::threads:
      if (threads == 1)
        for (Index i = 0; i < count; ++i) kernel(i);
      else
        run_pieces(threads, [&](Index part) {
          const Kernel mine = kernel;
          const Index last = count * (part + 1) / threads;
          for (Index i = count * part / threads; i < last; ++i) mine(i);
        });
      return;
    case Executor::emulated_grid:
      emulate::for_each_index(count, kernel);
      return;
    case Executor::cuda:
#ifdef __CUDACC__
    {
      constexpr int block = 256;
      const Index wanted = (count + block - 1) / block;
      cuda_launch::grid_stride<<<static_cast<unsigned>(wanted < 65536 ? wanted : 65536), block>>>(count,
                                                                                                  kernel);
      cuda_launch::check(cudaGetLastError(), "for_each_index");
    }
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

/// result[row] = the fold of load(row, 0) ... load(row, items - 1), in an order that depends on nothing but
/// `items`.
template <class Monoid, class Load>
void reduce_rows(Device& device, RowShape shape, const Load& load, typename Monoid::Result* result) {
  for_each_index(device, shape.rows, launch_detail::RowKernel<Monoid, Load>{load, shape.items, result},
                 shape.items);
}

}  // namespace weir
