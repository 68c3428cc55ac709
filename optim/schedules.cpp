#include "optim/schedules.h"

#include "tensor/check.h"

namespace weir {

double learning_rate(const OneCycle& schedule, Index step, Index steps) {
  expects(step >= 0 && step < steps, "step {} of a schedule of {} steps", step, steps);
  const double position = static_cast<double>(step);
  const double summit = schedule.warm_up * static_cast<double>(steps);
  const auto between = [&](double from, double to, double fraction) {
    return schedule.peak * (from + (to - from) * fraction);
  };
  if (position < summit) return between(schedule.start_fraction, 1, position / summit);
  return between(1, schedule.end_fraction, (position - summit) / (static_cast<double>(steps) - summit));
}

}  // namespace weir
