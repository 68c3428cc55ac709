/// The pictures of a trace: image, gradient and perturbation as 8-bit RGB.
#pragma once

#include <span>

#include "data/png.h"
#include "study/trace.h"

namespace weir {

/// [3, H, W] in data units, or [1, H, W] as grey.
RgbPicture picture_of(std::span<const float> image, const Trace& trace);

/// What a step has added to the original, `gain` times as strong, on mid-grey.
RgbPicture perturbation_of(const TraceStep& step, const Trace& trace, float gain);

/// The gain that shows the largest change of the last step in full, or of any where the last has none: a
/// round number, 1 or more. A search may wander far off on its way; what it came back with must be seen.
float perturbation_gain(const Trace& trace);

/// Where brighter pixels raise the objective (orange) and where darker ones do (blue): the gradient summed
/// over the channels, against its own `gradient_saturation` quantile. White where it is zero.
RgbPicture gradient_of(const TraceStep& step, const Trace& trace);
inline constexpr double gradient_saturation = 0.98;

/// The colour of a value in [-1, 1] on that map, "#rrggbb", for legends.
std::string signed_colour(double value);

/// The chosen steps as columns; image, gradient and perturbation as rows, without gaps.
RgbPicture film_of(const Trace& trace, std::span<const Index> steps);

/// Every pixel as a square of `factor` pixels.
RgbPicture enlarged(const RgbPicture& picture, Index factor);

}  // namespace weir
