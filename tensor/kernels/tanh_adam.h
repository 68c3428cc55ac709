/// Adam on images that cannot leave their range, since every pixel is the tanh of a free variable: Carlini &
/// Wagner 2017, "Towards evaluating the robustness of neural networks", sections V.B and VI.A.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// descend: one step of Adam. restart: from the original of row `next`. rest: the slot is no longer used.
enum class SlotMove { descend, restart, rest };

/// What happens to the image in one slot.
struct SlotStep {
  Index row = 0;      // whose image it is
  bool keep = false;  // it is the best of its row so far
  SlotMove move = SlotMove::rest;
  Index next = 0;           // where it restarts
  double rate = 0;          // of Adam, with the correction of the mean
  double square_scale = 0;  // the correction of the mean of squares
};

/// pixel = low + (high - low) (tanh(origin + shift) + 1) / 2. The loss is |pixels - start|^2 plus a term with
/// the given gradient, `start` being the pixels at shift 0.
template <class Real>
struct TanhAdam {
  Index items;  // of an image
  Real low, high;
  const SlotStep* steps;  // [slots]
  const Real* originals;  // [rows, items]
  const Real* gradient;   // [slots, items], and all below
  Real* origin;
  Real* start;
  Real* shift;
  Real* mean;
  Real* mean_square;
  Real* tanh;
  Real* pixels;
  Real* best;  // [rows, items]

  WEIR_HD void operator()(Index i) const {
    const SlotStep& step = steps[i / items];
    const Index item = i % items;
    if (step.keep) best[step.row * items + item] = pixels[i];
    if (step.move == SlotMove::restart) restart(i, originals[step.next * items + item]);
    if (step.move == SlotMove::descend) descend(i, step);
  }

  WEIR_HD void restart(Index i, Real original) const {
    const Real unit = (original - low) / (high - low);
    const Real inside = unit < 0 ? Real(0) : unit > 1 ? Real(1) : unit;
    // A pixel at the end of its range would be infinitely far away; it begins 0.999999 of the way.
    origin[i] = std::atanh((inside * 2 - 1) * Real(0.999999));
    shift[i] = mean[i] = mean_square[i] = 0;
    show(i);
    start[i] = pixels[i];
  }

  /// Kingma & Ba 2015, Algorithm 1, with beta1 = 0.9, beta2 = 0.999 and epsilon = 1e-8.
  WEIR_HD void descend(Index i, const SlotStep& step) const {
    const Real slope = (high - low) / 2 * (1 - tanh[i] * tanh[i]);
    const Real dshift = (2 * (pixels[i] - start[i]) + gradient[i]) * slope;
    mean[i] = Real(0.9) * mean[i] + Real(0.1) * dshift;
    mean_square[i] = Real(0.999) * mean_square[i] + Real(0.001) * dshift * dshift;
    const Real root = std::sqrt(mean_square[i]) * static_cast<Real>(step.square_scale) + Real(1e-8);
    shift[i] -= static_cast<Real>(step.rate) * mean[i] / root;
    show(i);
  }

  WEIR_HD void show(Index i) const {
    tanh[i] = std::tanh(origin[i] + shift[i]);
    const Real pixel = (tanh[i] + 1) / 2 * (high - low) + low;
    pixels[i] = pixel > high ? high : pixel;  // the sum may round upwards
  }
};

/// (x - y)^2 of two tables.
template <class Real>
struct SquaredGaps {
  Index columns;
  const Real* x;
  const Real* y;
  WEIR_HD double operator()(Index row, Index k) const {
    const double gap = static_cast<double>(x[row * columns + k]) - static_cast<double>(y[row * columns + k]);
    return gap * gap;
  }
};

}  // namespace weir
