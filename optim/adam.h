/// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), as torch.optim.Adam and AdamW define them.
#pragma once

#include <vector>

#include "optim/optimiser.h"

namespace weir {

/// in_gradient: Adam; the decay is scaled like the gradient. decoupled: AdamW; weights shrink by rate *
/// decay.
enum class WeightDecay { in_gradient, decoupled };

struct AdamOptions {
  double beta1 = 0.9;    // what the mean of the gradients keeps of itself
  double beta2 = 0.999;  // what the mean of their squares keeps
  double epsilon = 1e-8;
  double weight_decay = 0;  // see decay_of()
  WeightDecay kind = WeightDecay::decoupled;
};

class Adam : public Optimiser {
 public:
  /// The parameters must outlive the optimiser.
  Adam(std::vector<Parameter*> parameters, AdamOptions options);

  void step(const Gradients& gradients, OptimiserStep step) override;
  /// "steps" [1], then "mean/conv1.weight" and "mean_square/conv1.weight" for each parameter. Floats count to
  /// 2^24 and then stand still, where both bias corrections have long been 1.
  std::span<Parameter> state() override { return state_; }

 private:
  std::vector<Parameter*> parameters_;
  std::vector<Parameter> state_;
  AdamOptions options_;
};

}  // namespace weir
