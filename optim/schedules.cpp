#include "optim/schedules.h"

#include <cmath>
#include <numbers>

#include "tensor/check.h"

namespace weir {
namespace {

/// How far a step has come on its climb, or on its descent: each from 0 to 1.
struct Slope {
  bool climbs = false;
  double position = 0;
};

Slope slope_of(double warm_up, double step, double steps) {
  const double summit = warm_up * steps;
  if (step < summit) return {.climbs = true, .position = step / summit};
  return {.climbs = false, .position = (step - summit) / (steps - summit)};
}

double between(double from, double to, double position) { return from + (to - from) * position; }

double rate_of(const OneCycle& schedule, double step, double steps) {
  const Slope slope = slope_of(schedule.warm_up, step, steps);
  return schedule.peak * (slope.climbs ? between(schedule.start_fraction, 1, slope.position)
                                       : between(1, schedule.end_fraction, slope.position));
}

double rate_of(const CosineDescent& schedule, double step, double steps) {
  const Slope slope = slope_of(schedule.warm_up, step, steps);
  if (slope.climbs) return schedule.peak * between(schedule.start_fraction, 1, slope.position);
  const double fallen = (1 - std::cos(std::numbers::pi * slope.position)) / 2;
  return schedule.peak * between(1, schedule.end_fraction, fallen);
}

double rate_of(const StepDescent& schedule, double step, double steps) {
  double rate = schedule.peak;
  for (const double drop : schedule.drops)
    if (step >= std::round(drop * steps)) rate *= schedule.factor;
  return rate;
}

}  // namespace

double learning_rate(const Schedule& schedule, Index step, Index steps) {
  expects(step >= 0 && step < steps, "step {} of a schedule of {} steps", step, steps);
  return std::visit(
      [&](const auto& kind) { return rate_of(kind, static_cast<double>(step), static_cast<double>(steps)); },
      schedule);
}

}  // namespace weir
