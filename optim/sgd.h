/// Stochastic gradient descent with momentum, as PyTorch's torch.optim.SGD defines it: the decay is part of
/// the gradient, and Nesterov's look-ahead is taken on the buffer after it was updated.
#pragma once

#include <vector>

#include "optim/optimiser.h"

namespace weir {

enum class Momentum { heavy_ball, nesterov };

struct SgdOptions {
  double momentum = 0.9;
  Momentum kind = Momentum::nesterov;
  double weight_decay = 5e-4;  // see decay_of()
};

class Sgd : public Optimiser {
 public:
  /// The parameters must outlive the optimiser.
  Sgd(std::vector<Parameter*> parameters, SgdOptions options);

  void step(const Gradients& gradients, OptimiserStep step) override;
  /// A buffer for each parameter: "momentum/conv1.weight".
  std::span<Parameter> state() override { return momenta_; }

 private:
  std::vector<Parameter*> parameters_;
  std::vector<Parameter> momenta_;
  SgdOptions options_;
};

}  // namespace weir
