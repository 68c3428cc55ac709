/// What every optimiser does, so that a trainer and its checkpoints need not know which one it is.
#pragma once

#include <span>

#include "autograd/gradients.h"

namespace weir {

struct OptimiserStep {
  double rate = 0;
  /// Multiplies every gradient on the way in: gradient clipping costs no pass of its own.
  double gradient_factor = 1;
};

class Optimiser {
 public:
  virtual ~Optimiser() = default;

  /// One update of every parameter, in place. Reads gradients, never edits them; throws where one is missing,
  /// before any has moved.
  virtual void step(const Gradients& gradients, OptimiserStep step) = 0;

  /// All that it remembers from step to step, each value by a name of its own: what a checkpoint must hold.
  virtual std::span<Parameter> state() = 0;
};

/// The gradient of `parameter`; throws when it is missing or of another shape.
const Tensor& expect_gradient(const Gradients& gradients, const Parameter& parameter);

/// `decay` for values of rank 2 and more (convolutions and linear layers); biases and the scales and shifts
/// of batch norm are free.
double decay_of(const Parameter& parameter, double decay);

}  // namespace weir
