/// Where an attack that chooses pairs of features (JSMA) has changed the picture.
#pragma once

#include <string>

#include "study/trace.h"

namespace weir {

/// The faded original with a numbered square on every chosen pixel, black to orange in their order, and the
/// pairs as a list. Nothing for an attack that chooses no pairs.
std::string map_of_pairs(const Trace& trace);

}  // namespace weir
