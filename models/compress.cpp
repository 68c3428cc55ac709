#include "models/compress.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/atomic_file.h"
#include "data/file_lock.h"
#include "data/hash.h"
#include "models/holdout.h"
#include "models/round_folder.h"
#include "models/training_identity.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* identity_key = "compression_fingerprint";

/// A network between two rounds.
struct Stage {
  Architecture architecture;
  std::unique_ptr<Sequential> network;
};

Json json_of(const CompressionPlan& plan) {
  return {{"control", plan.kind == CompressionKind::control},
          {"max_parameters", plan.max_parameters},
          {"criterion", to_string(plan.criterion)},
          {"rounds", plan.rounds},
          {"round_epochs", plan.round_epochs},
          {"round_rate", plan.round_rate},
          {"held_out", plan.held_out},
          {"limits", {plan.limits.round_share, plan.limits.total_share, plan.limits.least_units}}};
}

/// Equal for two compressions that end with the same file.
std::string identity_of(const CompressionJob& job) {
  const std::string text =
      fmt::format("{}{}{}{}{}", json_of(job.plan).dump(), to_json(job.recipe), fingerprint_of(job.train),
                  fingerprint_of(*job.original.network), to_string(job.type));
  return xxh3_128_hex(std::as_bytes(std::span(text)));
}

void expect_reachable(const CompressionJob& job) {
  if (job.plan.kind == CompressionKind::control) return;
  const Index least = least_parameters(job.original.architecture, job.plan.limits);
  if (least <= job.plan.max_parameters) return;
  fail({.kind = ErrorKind::usage,
        .code = "E0230",
        .message = fmt::format("{} parameters are out of reach: the limits leave {} or more",
                               job.plan.max_parameters, least),
        .note = fmt::format("a layer keeps {} units and {:.0f} % of its own", job.plan.limits.least_units,
                            100 * (1 - job.plan.limits.total_share)),
        .help = "`--total-share` lets more of a layer go"});
}

HoldoutSplit split_of(const CompressionJob& job) {
  const Index images = job.train.count(), held_out = job.plan.held_out;
  return split_rows(images, held_out > 0 ? held_out : std::max<Index>(images / 10, 1), job.recipe.seed);
}

/// One call of compress(): its folder, its images, its rounds.
class Compression {
 public:
  Compression(const CompressionJob& job, const CompressionEvents& events)
      : job_(job),
        events_(events),
        folder_(job.out, identity_of(job)),
        split_(split_of(job)),
        chosen_on_(subset(job.train, split_.held_out)),
        trained_on_(subset(job.train, split_.train)) {}

  CompressionOutcome operator()() {
    expect_writable_file(job_.out);
    if (job_.start == TrainingStart::resume && is_finished()) return as_it_stands();
    expect_writable_directory(folder_.path());
    const FileLock lock(folder_.path());
    begin();
    Stage stage{job_.original.architecture, std::make_unique<Sequential>(*job_.original.network)};
    for (Index round = 1; round <= job_.plan.rounds; ++round) {
      if (!fs::exists(folder_.weights(round))) {
        stage = pruned(std::move(stage), round);
        if (!train(stage, round).finished)
          return {.finished = false, .rounds = round - 1, .architecture = stage.architecture, .test = {}};
      }
      stage = trained(round);
    }
    return finish(stage);
  }

 private:
  bool is_last(Index round) const { return round == job_.plan.rounds; }

  bool is_finished() const {
    if (!fs::exists(job_.out)) return false;
    const Metadata metadata = read_safetensors(job_.out).metadata;
    const auto found = metadata.find(identity_key);
    return found != metadata.end() && found->second == folder_.identity();
  }

  CompressionOutcome as_it_stands() const {
    if (folder_.begun_by_this()) fs::remove_all(folder_.path());
    const StoredNetwork stored = load_network(job_.out, job_.device);
    return outcome_of(stored.architecture, *stored.network);
  }

  CompressionOutcome outcome_of(const Architecture& architecture, const Sequential& network) const {
    CompressionOutcome outcome{
        .finished = true, .rounds = job_.plan.rounds, .architecture = architecture, .test = {}};
    if (job_.test == nullptr) return outcome;
    Evaluator evaluator(network, job_.device);
    outcome.test = evaluate(evaluator, *job_.test);
    return outcome;
  }

  /// Looks at what an earlier call left, and says in the folder whose it is.
  void begin() const {
    if (job_.start == TrainingStart::over) folder_.clear();
    if (folder_.begun() && job_.start == TrainingStart::fresh)
      fail({.kind = ErrorKind::usage,
            .code = "E0423",
            .message = fmt::format("a compression of {} was begun and not finished", job_.out.string()),
            .note = {},
            .help = "`--resume` goes on with it, `--fresh` throws it away"});
    if (folder_.begun() && !folder_.begun_by_this())
      fail({.kind = ErrorKind::usage,
            .code = "E0422",
            .message =
                fmt::format("{} was begun with another plan, recipe, network or data", job_.out.string()),
            .note = {},
            .help = "`--fresh` to start over, or `--out` elsewhere"});
    folder_.begin();
  }

  Stage trained(Index round) const {
    StoredNetwork stored = load_network(folder_.weights(round), job_.device);
    return {with_widths(job_.original.architecture, widths(stored.architecture)), std::move(stored.network)};
  }

  /// A function of the network alone, so that a resumed round is the one that was begun.
  Stage pruned(Stage stage, Index round) const {
    if (job_.plan.kind == CompressionKind::prune) stage = without_redundant_units(stage, round);
    const Index parameters = parameters_of(stage.architecture);
    Evaluator evaluator(*stage.network, job_.device);
    const RoundReport report{.round = round,
                             .rounds = job_.plan.rounds,
                             .widths = widths(stage.architecture),
                             .parameters = parameters,
                             .pruned_accuracy = evaluate(evaluator, chosen_on_).accuracy()};
    const Json note = {{"round", round},
                       {"parameters", parameters},
                       {"widths", report.widths},
                       {"pruned_accuracy", report.pruned_accuracy}};
    folder_.note(round, note.dump());
    if (events_.on_round) events_.on_round(report);
    return stage;
  }

  Stage without_redundant_units(const Stage& stage, Index round) const {
    const PruneCriterion criterion = job_.plan.criterion;
    const UnitStatistics statistics =
        unit_statistics(stage.architecture, *stage.network, chosen_on_, measure_for(criterion));
    const UnitScores scores =
        redundancy(criterion, stage.architecture, *stage.network, statistics, job_.recipe.seed);
    PruneRound plan{.original = job_.original.architecture,
                    .now = stage.architecture,
                    .redundancy = scores,
                    .target = round_target(parameters_of(job_.original.architecture),
                                           job_.plan.max_parameters, round, job_.plan.rounds),
                    .limits = job_.plan.limits};
    if (is_last(round)) plan.limits.round_share = 1;  // what earlier rounds left over goes now
    PrunedNetwork smaller =
        keep_units(stage.architecture, *stage.network, choose_units(plan), statistics.means);
    return {std::move(smaller.architecture), std::move(smaller.network)};
  }

  /// The last round follows the last decision, and so may train on all images.
  TrainingOutcome train(const Stage& stage, Index round) const {
    const bool last = is_last(round);
    TrainingJob job{.recipe = recipe_of(round),
                    .architecture = stage.architecture,
                    .out = folder_.weights(round),
                    .train = last ? job_.train : trained_on_,
                    .test = last ? job_.test : nullptr,
                    .device = job_.device,
                    .held_out = last ? nullptr : &chosen_on_,
                    .given = stage.network.get(),
                    .soft_labels = {},
                    .facts = {},
                    .start = TrainingStart::resume,
                    .stop_after = 0,
                    .checkpoint_seconds = job_.checkpoint_seconds,
                    .type = last ? job_.type : StoredType::f32};
    if (last) job.facts = facts();
    return train_model(job, events_.training);
  }

  Metadata facts() const {
    const bool control = job_.plan.kind == CompressionKind::control;
    return {{identity_key, folder_.identity()},
            {"original_fingerprint", fingerprint_of(*job_.original.network)},
            {"criterion", control ? "none: a control" : std::string(to_string(job_.plan.criterion))}};
  }

  Recipe recipe_of(Index round) const {
    Recipe recipe = job_.recipe;
    recipe.initialisation = Initialisation::given;
    if (is_last(round)) return recipe;
    recipe.epochs = job_.plan.round_epochs;
    recipe.peak_rate *= job_.plan.round_rate;
    recipe.holdout = 0;                                // done here, by the seed of the last round
    recipe.seed += static_cast<std::uint64_t>(round);  // other orders, flips and masks in every round
    return recipe;
  }

  CompressionOutcome finish(const Stage& stage) const {
    write_file_atomically(job_.out.string() + ".log.jsonl", folder_.log(job_.plan.rounds));
    write_safetensors(job_.out, read_safetensors(folder_.weights(job_.plan.rounds)));
    fs::remove_all(folder_.path());
    return outcome_of(stage.architecture, *stage.network);
  }

  const CompressionJob& job_;
  const CompressionEvents& events_;
  RoundFolder folder_;
  HoldoutSplit split_;
  ImageSet chosen_on_, trained_on_;
};

}  // namespace

Index round_target(Index original, Index budget, Index round, Index rounds) {
  return original - (original - budget) * round / rounds;
}

CompressionOutcome compress(const CompressionJob& job, const CompressionEvents& events) {
  expects(job.plan.rounds >= 1, "a compression of {} rounds", job.plan.rounds);
  expect_reachable(job);
  return Compression(job, events)();
}

}  // namespace weir
