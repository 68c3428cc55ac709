/// What one sees of a trace: the pair of pictures and the film of the steps.
#pragma once

#include <string>

#include "study/trace.h"

namespace weir {

/// Original, adversarial and difference side by side, with what the network says about the first two.
std::string before_and_after(const Trace& trace);

/// A list of frames: image, gradient and perturbation of each telling step; before it the legend of the
/// colours, and a viewer that the script wakes.
std::string film_strip(const Trace& trace);

}  // namespace weir
