/// What a training step does to flat arrays: the optimiser's update, a moving average, the size of a
/// gradient.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// One weight and its momentum, in place.
template <class Real>
struct SgdKernel {
  Real rate, momentum, weight_decay, gradient_factor;
  bool nesterov;
  const Real* gradient;
  Real* velocity;
  Real* weight;

  WEIR_HD void operator()(Index i) const {
    const Real slope = gradient_factor * gradient[i] + weight_decay * weight[i];
    velocity[i] = momentum * velocity[i] + slope;
    weight[i] -= rate * (nesterov ? slope + momentum * velocity[i] : velocity[i]);
  }
};

/// average += share * (value - average), in place. A share of 1 is the value itself, whatever stood there: an
/// average that starts at NaN or infinity would never leave it.
template <class Real>
struct MoveTowards {
  Real share;
  const Real* value;
  Real* average;
  WEIR_HD void operator()(Index i) const {
    average[i] = share == 1 ? value[i] : average[i] + share * (value[i] - average[i]);
  }
};

/// The squares of a flat array of `count`, cut into rows of `columns`; 0 behind its end.
template <class Real>
struct Squares {
  Index columns, count;
  const Real* values;
  WEIR_HD double operator()(Index row, Index item) const {
    const Index i = row * columns + item;
    const double value = i < count ? static_cast<double>(values[i]) : 0.0;
    return value * value;
  }
};

}  // namespace weir
