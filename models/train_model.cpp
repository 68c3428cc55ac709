#include "models/train_model.h"

#include <algorithm>
#include <chrono>

#include "data/atomic_file.h"
#include "data/file_lock.h"
#include "data/read_file.h"
#include "layers/fold.h"
#include "models/checkpoint_store.h"
#include "models/first_network.h"
#include "models/head.h"
#include "models/holdout.h"
#include "models/precise_norm.h"
#include "models/training_identity.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

std::filesystem::path beside(const std::filesystem::path& out, const char* ending) {
  return out.string() + ending;
}

/// One run of train_model(): trainer, checkpoints, log and clock.
class Run {
 public:
  Run(const TrainingJob& job, const TrainingEvents& events)
      : job_(job),
        events_(events),
        identity_(job.recipe, trained_form(job.architecture, job.recipe), job.train,
                  {.start = job.given, .soft_labels = job.soft_labels}),
        data_{.images = job.train, .soft_labels = {job.soft_labels.begin(), job.soft_labels.end()}},
        store_(beside(job.out, ".checkpoints")) {}

  TrainingOutcome operator()() {
    expect_writable_file(job_.out);
    if (job_.start == TrainingStart::fresh && !store_.empty()) refuse_to_overwrite();
    if (job_.start == TrainingStart::resume && store_.empty() && is_finished()) return as_it_stands();
    expect_writable_directory(beside(job_.out, ".checkpoints"));
    const FileLock lock(beside(job_.out, ".checkpoints"));
    if (job_.start == TrainingStart::over) store_.clear();  // not before the lock: they may be another's
    prepare();
    const Index first_epoch = trainer_->progress().epoch;
    while (!trainer_->finished()) {
      if (!advance() || (job_.stop_after > 0 && trainer_->progress().epoch >= first_epoch + job_.stop_after &&
                         !trainer_->finished()))
        return {.finished = false, .epochs = trainer_->progress().epoch, .test = {}, .held_out = {}};
    }
    return finish();
  }

 private:
  [[noreturn]] void refuse_to_overwrite() const {
    fail({.kind = ErrorKind::usage,
          .code = "E0423",
          .message = fmt::format("a training of {} was begun and not finished", job_.out.string()),
          .note = {},
          .help = "`--resume` goes on with it, `--fresh` throws it away"});
  }

  /// True when the weights are there and come from this training: a kill may have come after the last write.
  bool is_finished() const {
    return std::filesystem::exists(job_.out) && identity_.made(read_safetensors(job_.out).metadata);
  }

  TrainingOutcome as_it_stands() const {
    const StoredNetwork stored = load_network(job_.out, job_.device);
    TrainingOutcome outcome{.finished = true, .epochs = job_.recipe.epochs, .test = {}, .held_out = {}};
    measure(*stored.network, outcome);
    return outcome;
  }

  std::optional<Evaluation> measured(const Sequential& network, const ImageSet* images) const {
    if (images == nullptr) return {};
    Evaluator evaluator(network, job_.device);
    return evaluate(evaluator, *images);
  }

  void measure(const Sequential& network, TrainingOutcome& outcome) const {
    outcome.test = measured(network, job_.test);
    outcome.held_out = measured(network, job_.held_out);
  }

  /// Among the checkpoints: the log beside finished weights is theirs until there are new ones.
  std::filesystem::path unfinished_log() const {
    return std::filesystem::path(beside(job_.out, ".checkpoints")) / "log.jsonl";
  }

  void prepare() {
    std::optional<CheckpointStore::Found> found;
    if (job_.start == TrainingStart::resume)
      found = store_.latest([&](const Diagnosis& warning) {
        if (events_.on_warning) events_.on_warning(warning);
      });
    network_ = found ? build(trained_form(job_.architecture, job_.recipe), job_.device) : first_network(job_);
    trainer_ = std::make_unique<Trainer>(*network_, data_, job_.recipe);
    if (found) {
      expect_same(found->file.metadata);
      trainer_->restore(found->file, found->path.string());
    }
    log_.emplace(unfinished_log(), trainer_->progress().epoch);
  }

  void expect_same(const Metadata& there) const {
    const std::string difference = identity_.difference_from(there);
    if (difference.empty()) return;
    fail({.kind = ErrorKind::usage,
          .code = "E0422",
          .message = fmt::format("{} was begun with another recipe: {}", job_.out.string(), difference),
          .note = {},
          .help = "`--fresh` to start over, or `--out` elsewhere"});
  }

  void save() {
    SafetensorsFile checkpoint = trainer_->checkpoint();
    identity_.note_in(checkpoint.metadata);
    store_.save(std::move(checkpoint));
    last_save_ = Clock::now();
  }

  /// One step and what follows it. False: asked to stop, and saved.
  bool advance() {
    const Index epoch = trainer_->progress().epoch;
    const double rate = trainer_->rate();
    trainer_->step();
    report_step(rate);
    if (trainer_->between_epochs()) report_epoch(rate);
    const bool stop = events_.should_stop && events_.should_stop();
    const std::chrono::duration<double> unsaved = Clock::now() - last_save_;
    if (trainer_->progress().epoch > epoch || stop || unsaved.count() >= job_.checkpoint_seconds) save();
    return !stop;
  }

  void report_step(double rate) const {
    if (!events_.on_step) return;
    const bool ended = trainer_->between_epochs();
    const TrainingProgress& seen = ended ? trainer_->last_epoch() : trainer_->progress();
    events_.on_step({.step = trainer_->completed_steps(),
                     .steps = trainer_->steps(),
                     .epoch = trainer_->progress().epoch + (ended ? 0 : 1),
                     .loss = seen.mean_loss(),
                     .accuracy = seen.accuracy(),
                     .rate = rate,
                     .images_per_second = static_cast<double>(seen.images) / seen.seconds});
  }

  void report_epoch(double rate) {
    const TrainingProgress& seen = trainer_->last_epoch();
    EpochReport report{.epoch = seen.epoch,
                       .epochs = job_.recipe.epochs,
                       .loss = seen.mean_loss(),
                       .train_accuracy = seen.accuracy(),
                       .held_out_accuracy = {},
                       .test_accuracy = {},
                       .rate = rate,
                       .seconds = seen.seconds,
                       .images_per_second = static_cast<double>(seen.images) / seen.seconds};
    const std::unique_ptr<Sequential> averaged = trainer_->result();
    if (job_.held_out != nullptr)
      report.held_out_accuracy = measured(*averaged, job_.held_out)->accuracy();
    else if (job_.test != nullptr)
      report.test_accuracy = measured(*averaged, job_.test)->accuracy();
    log_->add(report);
    if (events_.on_epoch) events_.on_epoch(report);
  }

  TrainingOutcome finish() {
    StoredNetwork stored{.architecture = job_.architecture,
                         .network = finished_network(*trainer_, job_),
                         .metadata = job_.facts};
    TrainingOutcome outcome{.finished = true, .epochs = job_.recipe.epochs, .test = {}, .held_out = {}};
    // What is measured is what the file will hold, rounded to its type.
    load_into(*stored.network, file_of(*stored.network, job_.type),
              {.path = job_.out, .model = job_.recipe.model});
    measure(*stored.network, outcome);
    if (outcome.test) stored.metadata["test_accuracy"] = fmt::format("{:.4f}", outcome.test->accuracy());
    stored.metadata["recipe"] = job_.recipe.name;
    stored.metadata.merge(identity_.origin());
    stored.metadata["seed"] = std::to_string(job_.recipe.seed);
    if (job_.recipe.temperature != 1)
      stored.metadata[temperature_key] = fmt::format("{}", job_.recipe.temperature);
    if (std::filesystem::exists(unfinished_log()))  // or an earlier finish was killed after it took it away
      write_file_atomically(beside(job_.out, ".log.jsonl"), read_text_file(unfinished_log()));
    save_network(job_.out, stored, job_.type);
    std::filesystem::remove_all(beside(job_.out, ".checkpoints"));  // and the lock, held to the end
    return outcome;
  }

  const TrainingJob& job_;
  const TrainingEvents& events_;
  TrainingIdentity identity_;
  std::unique_ptr<Sequential> network_;
  TrainingData data_;
  CheckpointStore store_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<TrainingLog> log_;
  Clock::time_point last_save_ = Clock::now();
};

}  // namespace

Architecture trained_form(const Architecture& architecture, const Recipe& recipe) {
  Architecture form = architecture;
  if (!recipe.dropout.empty()) form = with_dropout(form, recipe.dropout);
  if (recipe.norm == NormUse::fold) form = with_norm(form, Norm::before_activation);
  return form;
}

std::unique_ptr<Sequential> finished_network(const Trainer& trainer, const TrainingJob& job) {
  std::unique_ptr<Sequential> network = trainer.result();
  const Index images = std::min(job.recipe.norm_images, job.train.count());
  if (images > 0)
    estimate_statistics(*network, trained_form(job.architecture, job.recipe), job.train, {.images = images});
  if (job.recipe.norm == NormUse::fold) network = fold_batch_norm(*network);
  scale_head(*network, job.recipe.head_factor());
  return network;
}

namespace {

/// What would only come to light after all epochs.
void expect_trainable(const TrainingJob& job) {
  const bool has_normed_convolutions = with_norm(job.architecture, Norm::none) != job.architecture;
  if (job.recipe.norm == NormUse::fold && has_normed_convolutions)
    fail({.kind = ErrorKind::usage,
          .code = "E0213",
          .message = fmt::format(
              "the recipe folds its norm away, but convolutions of model `{}` have norms of their own",
              job.architecture.model),
          .note = "folding takes these out too, and the file would not hold that model",
          .help = R"(`"norm": "as_model"` trains it as it is)"});
  const Shape output = layer_table(job.architecture).back().output;
  if (output == Shape{class_count}) return;
  fail({.kind = ErrorKind::usage,
        .code = "E0213",
        .message = fmt::format("model `{}` gives {}, images have {} classes", job.architecture.model,
                               to_string(output), +class_count),
        .note = {},
        .help = fmt::format(R"(end it with {{"kind": "linear", "width": {}}})", +class_count)});
}

}  // namespace

TrainingOutcome train_model(const TrainingJob& job, const TrainingEvents& events) {
  expect_trainable(job);
  if (job.recipe.holdout == 0) return Run(job, events)();
  const HoldoutSplit split = split_rows(job.train.count(), job.recipe.holdout, job.recipe.seed);
  const ImageSet train = subset(job.train, split.train), held_out = subset(job.train, split.held_out);
  const std::vector<float> soft_labels = soft_labels_of(job.soft_labels, split.train);
  const TrainingJob part{.recipe = job.recipe,
                         .architecture = job.architecture,
                         .out = job.out,
                         .train = train,
                         .test = job.test,
                         .device = job.device,
                         .held_out = &held_out,
                         .given = job.given,
                         .soft_labels = soft_labels,
                         .facts = job.facts,
                         .start = job.start,
                         .stop_after = job.stop_after,
                         .checkpoint_seconds = job.checkpoint_seconds,
                         .type = job.type};
  return Run(part, events)();
}

}  // namespace weir
