/// Training: one step at a time, every bit of it a function of recipe, data and seed, so that a run that was
/// killed and resumed ends with the same bytes as one that was not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/safetensors.h"
#include "layers/evaluator.h"
#include "layers/layers.h"
#include "models/batches.h"
#include "models/recipe.h"
#include "optim/ema.h"

namespace weir {

/// Where a run stands, and what its current epoch has seen so far.
struct TrainingProgress {
  Index epoch = 0;      // completed epochs
  Index batch = 0;      // completed batches of the current epoch
  double loss_sum = 0;  // of the current epoch, over images
  Index correct = 0;
  Index images = 0;
  double seconds = 0;  // spent computing in the current epoch, earlier runs included

  double mean_loss() const { return images > 0 ? loss_sum / static_cast<double>(images) : 0; }
  double accuracy() const {
    return images > 0 ? static_cast<double>(correct) / static_cast<double>(images) : 0;
  }
};

class Trainer {
 public:
  /// Data and network must outlive the trainer. Starts from the network's present weights.
  Trainer(Sequential& network, const TrainingData& data, const Recipe& recipe);

  Index steps_an_epoch() const { return batches_.count(); }
  Index steps() const { return recipe_.epochs * steps_an_epoch(); }
  Index completed_steps() const { return progress_.epoch * steps_an_epoch() + progress_.batch; }
  bool finished() const { return progress_.epoch >= recipe_.epochs; }
  bool between_epochs() const { return progress_.batch == 0; }
  const TrainingProgress& progress() const { return progress_; }
  /// Of the epoch that the last step completed; meaningful between epochs.
  const TrainingProgress& last_epoch() const { return last_epoch_; }
  double rate() const;

  /// One batch. Throws Error E0501 (numerical) when the loss or a gradient is not finite; weights then are as
  /// before.
  void step();

  /// The network with the averaged weights and running statistics, or with the present ones when nothing is
  /// averaged.
  std::unique_ptr<Sequential> result() const;

  /// All that a later trainer needs to go on as if there had been no break.
  SafetensorsFile checkpoint();
  /// Throws Error of kind damaged when a tensor is missing or does not fit.
  void restore(const SafetensorsFile& checkpoint, const std::string& source);

 private:
  struct BatchResult;
  BatchResult compute(const Batch& batch);
  void apply(BatchResult& result);
  void update_statistics(std::span<const Statistic> statistics);
  void note(const BatchResult& result, double seconds);
  std::vector<std::pair<std::string, Parameter*>> stored_values();

  Sequential& network_;
  Recipe recipe_;
  Evaluator evaluator_;
  BatchStream batches_;
  std::vector<Parameter*> parameters_;
  std::vector<Parameter*> buffers_;
  std::unique_ptr<Optimiser> optimiser_;
  std::unique_ptr<MovingAverage> average_;
  TrainingProgress progress_;
  TrainingProgress last_epoch_;
};

}  // namespace weir
