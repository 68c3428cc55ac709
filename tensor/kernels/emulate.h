/// A CUDA grid played on the host: threads in shuffled order, one after the other. It catches a wrong stride,
/// wrong index arithmetic, elements written twice or never; it cannot catch races, alignment faults or launch
/// limits.
#pragma once

#include <cstdint>

#include "tensor/kernels/portable.h"

namespace weir::emulate {

constexpr Index threads_per_block = 128;
constexpr Index largest_grid = 64;  // small, so that the grid stride is exercised by tests of ordinary size

/// The k-th of n positions in a fixed shuffled order: k -> (k * step + 1) mod n with a step coprime to n.
inline Index shuffled(Index k, Index n) {
  Index step = 7919 % n;
  const auto coprime = [](Index a, Index b) {
    while (b != 0) {
      const Index rest = a % b;
      a = b;
      b = rest;
    }
    return a == 1;
  };
  if (step == 0) step = 1;
  while (!coprime(step, n)) ++step;
  return (k * step + 1) % n;
}

template <class Kernel>
void for_each_index(Index count, const Kernel& kernel) {
  if (count <= 0) return;
  const Index wanted = (count + threads_per_block - 1) / threads_per_block;
  const Index blocks = wanted < largest_grid ? wanted : largest_grid;
  const Index threads = blocks * threads_per_block;
  for (Index k = 0; k < threads; ++k) {
    const Index thread = shuffled(k, threads);
    for (Index i = thread; i < count; i += threads) kernel(i);
  }
}

}  // namespace weir::emulate
