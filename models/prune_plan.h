/// Which units go: a pure function from scores and limits to the units that stay.
#pragma once

#include "models/prune.h"
#include "models/unit_statistics.h"

namespace weir {

struct PruneLimits {
  double round_share = 0.06;  // of a layer's units, in one round
  double total_share = 0.20;  // of a layer's first units, in all rounds
  Index least_units = 8;      // a layer keeps this many
};

/// Trained parameters: what a budget counts.
Index parameters_of(const Architecture& architecture);

/// The fewest parameters that the limits allow, however many rounds there are.
Index least_parameters(const Architecture& original, const PruneLimits& limits);

struct PruneRound {
  const Architecture& original;  // before the first round
  const Architecture& now;
  const UnitScores& redundancy;  // of the units of `now`; the larger, the sooner a unit goes
  Index target = 0;              // parameters
  PruneLimits limits = {};
};

/// Scores become z-scores within their layer, so that layers whose units are zero more often are not gutted.
/// Units go in order of exp(-z) per parameter that goes with them, those of the first layer only when nothing
/// else may. Never past the target, but for the last unit, the cheapest there is: what is left lies at most
/// one unit under it, or over it where the limits allow no more.
KeptUnits choose_units(const PruneRound& round);

}  // namespace weir
