/// Compression by Network Trimming (Hu et al. 2016): rounds of removing the units that do least and training
/// what is left further.
#pragma once

#include "models/prune_criterion.h"
#include "models/prune_plan.h"
#include "models/train_model.h"

namespace weir {

/// control: the same rounds of training and nothing removed, so that what more training gives is not taken
/// for what pruning gives.
enum class CompressionKind { prune, control };

struct CompressionPlan {
  CompressionKind kind = CompressionKind::prune;
  Index max_parameters = 0;
  PruneCriterion criterion = PruneCriterion::apoz;
  Index rounds = 4;
  Index round_epochs = 2;       // of training after every round but the last
  double round_rate = 2.0 / 3;  // of the recipe's peak, in those epochs
  /// Training images that units are chosen on, which rounds but the last leave out; 0: a tenth of all.
  Index held_out = 0;
  PruneLimits limits = {};
};

struct CompressionJob {
  const StoredNetwork& original;
  CompressionPlan plan;
  Recipe recipe;              // of the last round; the others take from it what the plan does not say
  std::filesystem::path out;  // weights; beside them `out`.log.jsonl and, until done, `out`.rounds/
  const ImageSet& train;
  const ImageSet* test = nullptr;  // measured at the end; decides nothing
  Device& device;
  TrainingStart start = TrainingStart::fresh;
  double checkpoint_seconds = 60;
  StoredType type = StoredType::f32;
};

struct RoundReport {
  Index round = 0;  // from 1
  Index rounds = 0;
  std::vector<Index> widths;
  Index parameters = 0;
  double pruned_accuracy = 0;  // on the held-out images, before any training
};

struct CompressionEvents {
  TrainingEvents training;  // on_step and on_epoch count within a round
  std::function<void(const RoundReport&)> on_round;
};

struct CompressionOutcome {
  bool finished = false;
  Index rounds = 0;  // completed
  Architecture architecture;
  std::optional<Evaluation> test;  // of the saved weights, when finished
};

/// Throws Error: E0230 (usage) when the limits do not reach the budget; E0422, E0423 and all else as
/// train_model() does. Stopped anywhere and resumed, it ends with the same file.
CompressionOutcome compress(const CompressionJob& job, const CompressionEvents& events = {});

/// Parameters after a round: in equal steps from the original's to the budget.
Index round_target(Index original, Index budget, Index round, Index rounds);

}  // namespace weir
