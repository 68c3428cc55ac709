/// How far an image moved, in every norm, from the two stored images and nothing else.
#pragma once

#include <span>

#include "tensor/shape.h"

namespace weir {

enum class PixelNorm { l0, l1, l2, linf };

/// Of r = moved - original, in data units. Sums are in double. Relative norms divide by the same norm of the
/// original; a zero r has relative norm 0 whatever it is divided by.
struct Distortion {
  Index l0_features = 0;  // components with r != 0, bit for bit
  Index l0_tolerant = 0;  // components with |r| > tolerance: C&W's tanh moves every component by an ulp or so
  Index l0_pixels = 0;    // places where at least one channel changed
  double l1 = 0, l2 = 0, linf = 0;
  double relative_l0 = 0, relative_l1 = 0, relative_l2 = 0, relative_linf = 0;
};

/// One part in a million of the pixel range counts as unchanged in l0_tolerant.
constexpr double tolerant_share_of_range = 1e-6;

struct MeasureOptions {
  Index channels = 1;    // features are [C, H, W]
  double tolerance = 0;  // data units
};

/// Throws (usage) when sizes differ or are no multiple of the channels.
Distortion measure(std::span<const double> original, std::span<const double> moved,
                   const MeasureOptions& options);

double norm_of(const Distortion& distortion, PixelNorm norm);

}  // namespace weir
