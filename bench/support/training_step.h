/// One step of training on random images, as the trainer does it: what the benchmarks time.
#pragma once

#include <memory>

#include "layers/evaluator.h"
#include "models/architecture.h"
#include "optim/sgd.h"

namespace weir {

class TrainingStep {
 public:
  TrainingStep(const Architecture& architecture, Index batch, Device& device, DType feature_maps = DType::f32,
               Numerics numerics = Numerics::fast);
  /// The mean loss before the step.
  double run(double rate);
  /// What is timed must also be right: steps against the gradient have to lower the loss of the same batch.
  bool learns();

 private:
  static std::vector<Parameter*> parameters_of(Sequential& network);

  std::unique_ptr<Sequential> network_;
  Evaluator evaluator_;
  Tensor images_;
  Labels labels_;
  Sgd optimiser_;
  DType maps_;
  Numerics numerics_;
};

/// 0, 1, ... 9, 0, ...
Labels some_labels(Index count, Device& device);

}  // namespace weir
