/// Stochastic gradient descent with momentum, as PyTorch's torch.optim.SGD defines it: the decay is part of
/// the gradient, and Nesterov's look-ahead is taken on the buffer after it was updated.
#pragma once

#include <span>
#include <vector>

#include "autograd/gradients.h"

namespace weir {

enum class Momentum { heavy_ball, nesterov };

struct SgdOptions {
  double momentum = 0.9;
  Momentum kind = Momentum::nesterov;
  /// Pulls values of rank 2 and more (convolutions and linear layers) towards zero; biases and the scales and
  /// shifts of batch norm are free.
  double weight_decay = 5e-4;
};

struct SgdStep {
  double rate = 0;
  /// Multiplies every gradient on the way in: gradient clipping costs no pass of its own.
  double gradient_factor = 1;
};

class Sgd {
 public:
  /// The parameters must outlive the optimiser.
  Sgd(std::vector<Parameter*> parameters, SgdOptions options);

  /// One update of every parameter, in place. Reads gradients, never edits them; throws where one is missing,
  /// before any has moved.
  void step(const Gradients& gradients, SgdStep step);

  /// The momentum buffers, one for each parameter and by its name: what a checkpoint must hold.
  std::span<Parameter> state() { return momenta_; }
  std::span<const Parameter> state() const { return momenta_; }

 private:
  std::vector<Parameter*> parameters_;
  std::vector<Parameter> momenta_;
  SgdOptions options_;
};

}  // namespace weir
