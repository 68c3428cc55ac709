/// The length of a gradient over all parameters: what clipping bounds, and where a NaN first shows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "autograd/gradients.h"

namespace weir {

struct GradientNorm {
  double norm = 0;             // Euclidean, over all parameters; NaN or infinite when any gradient is
  std::string first_bad = {};  // the first parameter whose gradient is not finite; empty when all are
};

GradientNorm gradient_norm(std::span<Parameter* const> parameters, const Gradients& gradients);

/// What gradients are multiplied with so that their norm is at most `largest`; 0 means unbounded.
double clipping_factor(double norm, double largest);

}  // namespace weir
