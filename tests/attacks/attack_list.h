/// The attacks that every test about attacks in general goes through.
#pragma once

#include <memory>
#include <vector>

#include "attacks/ascent.h"

namespace weir {

/// Those that any network bears, at an eps that moves much and at the paper's, both times `scale`. From the
/// clean input: only those that move nothing but what has a gradient.
std::vector<std::unique_ptr<Attack>> attacks_of_this_folder(double scale = 1, Start start = Start::random);

/// Those, the battery, and the attacks that look for a small change of their own.
std::vector<std::unique_ptr<Attack>> every_attack(double scale = 1);

}  // namespace weir
