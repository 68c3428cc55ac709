/// Learning rates as functions of the step.
#pragma once

#include <variant>
#include <vector>

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

/// Up in a straight line, then down along half a cosine (Loshchilov & Hutter 2017, "SGDR", without restarts);
/// without the climb it is torch's CosineAnnealingLR.
struct CosineDescent {
  double peak = 0.1;
  double warm_up = 0;
  double start_fraction = 0.1;
  double end_fraction = 0;
};

/// The peak at first, and times `factor` at each drop: torch's MultiStepLR.
struct StepDescent {
  double peak = 0.1;
  std::vector<double> drops = {0.5, 0.75};  // where, as parts of all steps, at the nearest step
  double factor = 0.1;
};

using Schedule = std::variant<OneCycle, StepDescent, CosineDescent>;

/// The rate of step `step` of `steps`, which count from 0. Throws unless 0 <= step < steps.
double learning_rate(const Schedule& schedule, Index step, Index steps);

}  // namespace weir
