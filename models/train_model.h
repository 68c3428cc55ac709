/// A whole training, from a recipe to a file of weights: what `weir train` calls.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "models/evaluate.h"
#include "models/training_log.h"
#include "models/weights.h"

namespace weir {

/// fresh: refuses to touch a training that was begun (E0423). resume: goes on where a checkpoint stands;
/// begins when there is none, and does nothing when the weights of this recipe, model and data are there.
/// over: throws away what was begun.
enum class TrainingStart { fresh, resume, over };

struct TrainingJob {
  Recipe recipe;
  Architecture architecture;  // of the network that is saved; the recipe's dropout and norm are applied to it
  std::filesystem::path out;  // the weights; until done, `out`.checkpoints/; then beside them `out`.log.jsonl
  const ImageSet& train;
  /// Measured at the end; after every epoch too, unless images are held out for that. Decides nothing.
  const ImageSet* test = nullptr;
  Device& device;
  /// Images that are measured after every epoch; the recipe's `holdout` takes them from `train`.
  const ImageSet* held_out = nullptr;
  /// A network of `architecture` that training starts from, for recipes with `initialisation` given.
  const Sequential* given = nullptr;
  std::span<const float> soft_labels = {};  // [N, 10] of `train`, instead of its labels
  Metadata facts = {};                      // what else the weights say about where they come from
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
  std::optional<Evaluation> held_out;  // likewise
};

/// The network as the recipe trains it: batch norm in, dropout rates set.
Architecture trained_form(const Architecture& architecture, const Recipe& recipe);

/// Throws Error: E0422 (usage) when resuming with another recipe, model, data or start; E0501 (numerical)
/// when the loss is no number; as the readers and writers of files do. Everything about the output is checked
/// before anything is computed.
TrainingOutcome train_model(const TrainingJob& job, const TrainingEvents& events = {});

/// What training ends with: averaged weights, statistics estimated afresh, batch norm folded away where the
/// recipe says so, the head multiplied with the temperature where it was reparametrised. Returns a network of
/// `architecture`.
std::unique_ptr<Sequential> finished_network(const Trainer& trainer, const TrainingJob& job);

}  // namespace weir
