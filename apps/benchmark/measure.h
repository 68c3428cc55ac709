/// Times several ways of doing the same thing, in turn: what slows the machine for a while slows all of them,
/// so that their ratios hold where the milliseconds do not.
#pragma once

#include <functional>
#include <vector>

namespace weir {

/// Of the samples of one way, in milliseconds.
struct Timing {
  double median = 0;
  double spread = 0;  // half of the distance between the quartiles
  int samples = 0;
};

struct TurnOptions {
  double seconds = 0.5;  // spent on each way, about
  int least_samples = 3;
};

/// Calls every way once unmeasured, then all in turn until the time is up. On the calling thread.
std::vector<Timing> measure(const std::vector<std::function<void()>>& ways, const TurnOptions& options);

/// Throws (usage) when `samples` is empty.
Timing timing_of(std::vector<double> samples);

}  // namespace weir
