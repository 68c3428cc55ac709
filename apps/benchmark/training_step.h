/// One step of training on random images, as the trainer does it: what `weir bench` and bench/ time.
#pragma once

#include <memory>
#include <vector>

#include "apps/benchmark/bench_network.h"
#include "layers/evaluator.h"
#include "optim/sgd.h"

namespace weir {

struct TrainingStepOptions {
  Index batch = 128;
  DType dtype = DType::f32;         // of parameters and images
  DType feature_maps = DType::f32;  // bf16: TapeOptions::feature_maps
  Numerics numerics = Numerics::exact;
};

class TrainingStep {
 public:
  TrainingStep(const BenchNetwork& network, Device& device, const TrainingStepOptions& options = {});
  /// The mean loss before the step.
  double run(double rate);
  /// What is timed must also be right: steps against the gradient have to lower the loss of the same batch.
  bool learns();
  /// Of the mean loss, every parameter's after the other. Takes no step.
  std::vector<double> gradients();

 private:
  static std::vector<Parameter*> parameters_of(Sequential& network);
  struct Pass {
    double loss = 0;  // mean over the batch
    Gradients gradients;
  };
  Pass pass();

  std::unique_ptr<Sequential> network_;
  Evaluator evaluator_;
  Tensor images_;
  Labels labels_;
  Sgd optimiser_;
  DType maps_;
  Numerics numerics_;
};

}  // namespace weir
