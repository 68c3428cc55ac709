/// A whole training, from a recipe to a file of weights: what `weir train` calls.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "models/evaluate.h"
#include "models/training_log.h"

namespace weir {

/// fresh: refuses to touch a training that was begun (E0423). resume: goes on where a checkpoint stands;
/// begins when there is none, and does nothing when the weights of this recipe, model and data are there.
/// over: throws away what was begun.
enum class TrainingStart { fresh, resume, over };

struct TrainingJob {
  Recipe recipe;
  Architecture architecture;  // of the network that is saved; the recipe's dropout and norm are applied to it
  std::filesystem::path out;  // the weights; beside them `out`.log.jsonl and, until done, `out`.checkpoints/
  const ImageSet& train;
  const ImageSet* test = nullptr;  // measured after every epoch and at the end; decides nothing
  Device& device;
  TrainingStart start = TrainingStart::fresh;
  Index stop_after = 0;               // epochs of this call, then checkpoint and return; 0: all of them
  double checkpoint_seconds = 60;     // a checkpoint at least this often, beside the one at each epoch's end
  StoredType type = StoredType::f32;  // of the saved weights
};

struct StepReport {
  Index step = 0;  // completed, of all epochs
  Index steps = 0;
  Index epoch = 0;  // from 1
  double loss = 0;  // means over the epoch so far
  double accuracy = 0;
  double rate = 0;
  double images_per_second = 0;
};

/// All optional.
struct TrainingEvents {
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
  std::function<void(const Diagnosis&)> on_warning;
  std::function<bool()> should_stop;  // asked after every step; true: checkpoint and return
};

struct TrainingOutcome {
  bool finished = false;           // false: stopped early, a later call with TrainingStart::resume goes on
  Index epochs = 0;                // completed
  std::optional<Evaluation> test;  // of the saved weights, when finished
};

/// The network as the recipe trains it: batch norm in, dropout rates set.
Architecture trained_form(const Architecture& architecture, const Recipe& recipe);

/// Throws Error: E0422 (usage) when resuming with another recipe, model or data; E0501 (numerical) when the
/// loss is no number; as the readers and writers of files do. Everything about the output is checked before
/// anything is computed.
TrainingOutcome train_model(const TrainingJob& job, const TrainingEvents& events = {});

/// What training ends with: averaged weights, statistics estimated afresh, batch norm folded away where the
/// recipe says so. Returns a network of `architecture`.
std::unique_ptr<Sequential> finished_network(const Trainer& trainer, const TrainingJob& job);

}  // namespace weir
