/// What the study computes, before anything is computed: which attack on which network, and on which networks
/// what it makes is measured. A pure function of the preset.
#pragma once

#include <string>
#include <vector>

#include "study/presets.h"

namespace weir {

/// Whose paths are traced: of the inputs that fooled the network, or of all that were attacked, failures as
/// they were left (Q4).
enum class TracedRows { successes, attacked };

struct PlannedRun {
  std::string target;                  // key of a role; "ensemble": the three networks of Q5 together
  std::string attack;                  // key of a reading
  std::vector<std::string> traced_on;  // keys of roles
  TracedRows rows = TracedRows::successes;
};

/// The target's key of inputs made for several networks at once.
inline constexpr const char* ensemble_target = "ensemble";
/// The networks of Q5, in the order of Table IX.
const std::vector<std::string>& networks_of_transfer();

std::vector<PlannedRun> planned_runs(const Preset& preset);

}  // namespace weir
