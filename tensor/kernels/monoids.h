/// Reductions as monoids: an identity, how an item is absorbed, how two partial states merge, what the result
/// is. Merge is associative up to rounding and identity is neutral (tested).
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

template <class Real, class Accumulator = Real>
struct Sum {
  using State = Accumulator;
  using Result = Real;
  WEIR_HD static State identity() { return 0; }
  WEIR_HD static State absorb(State s, Real x) { return s + static_cast<Accumulator>(x); }
  WEIR_HD static State merge(State a, State b) { return a + b; }
  WEIR_HD static Result finish(State s) { return static_cast<Real>(s); }
};

template <class Real>
struct LogSumExp {
  struct State {
    Real peak, scaled_sum;  // stands for peak + log(scaled_sum)
  };
  using Result = Real;
  WEIR_HD static State identity() { return {-INFINITY, 0}; }
  WEIR_HD static State absorb(State s, Real x) { return merge(s, {x, 1}); }
  WEIR_HD static State merge(State a, State b) {
    if (a.peak < b.peak) {
      const State swapped = a;
      a = b;
      b = swapped;
    }
    if (b.scaled_sum == 0) return a;
    const Real share = a.peak == b.peak ? Real(1) : std::exp(b.peak - a.peak);  // equal infinities are equal
    return {a.peak, a.scaled_sum + b.scaled_sum * share};
  }
  WEIR_HD static Result finish(State s) { return s.peak + std::log(s.scaled_sum); }
};

}  // namespace weir
