/// Learning rates as functions of the step.
#pragma once

#include "tensor/shape.h"

namespace weir {

/// Up in a straight line, then down in a straight line: one cycle (Smith & Topin 2018, "Super-convergence",
/// with the linear descent that short runs favour).
struct OneCycle {
  double peak = 0.1;
  double warm_up = 0.2;         // the part of all steps that climbs
  double start_fraction = 0.1;  // of the peak, at the first step
  double end_fraction = 0.01;   // of the peak, after the last step
};

/// The rate of step `step` of `steps`, which count from 0. Throws unless 0 <= step < steps.
double learning_rate(const OneCycle& schedule, Index step, Index steps);

}  // namespace weir
