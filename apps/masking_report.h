/// What the gradient-masking doctor found, as warnings on stderr and as a part of summary.json.
#pragma once

#include <optional>
#include <string>

#include "attacks/masking.h"

namespace weir {

/// Lines that end themselves; empty where nothing is suspicious. `zero_gradients`: what the attack itself
/// saw; the help is what can be done about it with this attack. With a diagnosis, its figures come first,
/// suspicious or not.
std::string masking_warnings(const Attack& attack, const Rate& zero_gradients,
                             const std::optional<MaskingDiagnosis>& diagnosis);

}  // namespace weir
