#include "models/train_model.h"

#include <algorithm>
#include <chrono>

#include "data/atomic_file.h"
#include "data/file_lock.h"
#include "data/hash.h"
#include "layers/fold.h"
#include "layers/init.h"
#include "models/architecture_json.h"
#include "models/checkpoint_store.h"
#include "models/precise_norm.h"
#include "models/weights.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t weight_stream = 1;  // beside those of augmentation (2) and dropout (3)

std::filesystem::path beside(const std::filesystem::path& out, const char* ending) {
  return out.string() + ending;
}

std::string fingerprint_of(const ImageSet& images) {
  return xxh3_128_hex(std::as_bytes(std::span(images.pixels))) +
         xxh3_128_hex(std::as_bytes(std::span(images.labels)));
}

void initialise(Sequential& network, const TrainingJob& job) {
  const Rng rng = Rng{.seed = job.recipe.seed}.split(weight_stream);
  switch (job.recipe.initialisation) {
    case Initialisation::he:
      initialise_he(network, rng);
      return;
    case Initialisation::lsuv: {
      constexpr Index images = 256;
      const RowRange rows{0, std::min(images, job.train.count())};
      initialise_lsuv(network, image_tensor(job.train, rows, job.device), {}, rng);
      return;
    }
    case Initialisation::given:
      break;
  }
  expects(false, "a training from given weights starts from a network, not from a model's name");
}

/// One run of train_model(): trainer, checkpoints, log and clock.
class Run {
 public:
  Run(const TrainingJob& job, const TrainingEvents& events)
      : job_(job),
        events_(events),
        form_(trained_form(job.architecture, job.recipe)),
        network_(build(form_, job.device)),
        data_{.images = job.train},
        store_(beside(job.out, ".checkpoints")) {}

  TrainingOutcome operator()() {
    expect_writable_directory(std::filesystem::absolute(job_.out).parent_path());
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
        return {.finished = false, .epochs = trainer_->progress().epoch, .test = {}};
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

  /// What weights say about the training that they come from.
  Metadata origin() const {
    const std::string layers = to_json(form_);
    return {{"recipe_fingerprint", fingerprint(job_.recipe)},
            {"layers_fingerprint", xxh3_128_hex(std::as_bytes(std::span(layers)))},
            {"data_fingerprint", data_fingerprint_}};
  }

  /// True when the weights are there and come from this training: a kill may have come after the last write.
  bool is_finished() const {
    if (!std::filesystem::exists(job_.out)) return false;
    const Metadata metadata = read_safetensors(job_.out).metadata;
    return std::ranges::all_of(origin(), [&](const auto& fact) {
      const auto there = metadata.find(fact.first);
      return there != metadata.end() && there->second == fact.second;
    });
  }

  TrainingOutcome as_it_stands() const {
    const StoredNetwork stored = load_network(job_.out, job_.device);
    TrainingOutcome outcome{.finished = true, .epochs = job_.recipe.epochs, .test = {}};
    if (job_.test == nullptr) return outcome;
    Evaluator evaluator(*stored.network, job_.device);
    outcome.test = evaluate(evaluator, *job_.test);
    return outcome;
  }

  void prepare() {
    std::optional<CheckpointStore::Found> found;
    if (job_.start == TrainingStart::resume)
      found = store_.latest([&](const Diagnosis& warning) {
        if (events_.on_warning) events_.on_warning(warning);
      });
    if (!found) initialise(*network_, job_);
    trainer_ = std::make_unique<Trainer>(*network_, data_, job_.recipe);
    if (found) {
      expect_same(found->file.metadata);
      trainer_->restore(found->file, found->path.string());
    }
    log_.emplace(beside(job_.out, ".log.jsonl"), trainer_->progress().epoch);
  }

  void expect_same(Metadata& there) const {
    std::string difference = first_difference(there["recipe"], to_json(job_.recipe));
    if (difference.empty() && there["architecture"] != to_json(form_)) difference = "the layers of the model";
    if (difference.empty() && there["data"] != fingerprint_of(job_.train)) difference = "the training images";
    if (difference.empty()) return;
    fail({.kind = ErrorKind::usage,
          .code = "E0422",
          .message = fmt::format("{} was begun with another recipe: {}", job_.out.string(), difference),
          .note = {},
          .help = "`--fresh` to start over, or `--out` elsewhere"});
  }

  void save() {
    SafetensorsFile checkpoint = trainer_->checkpoint();
    checkpoint.metadata["architecture"] = to_json(form_);
    checkpoint.metadata["data"] = data_fingerprint_;
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
                       .test_accuracy = {},
                       .rate = rate,
                       .seconds = seen.seconds,
                       .images_per_second = static_cast<double>(seen.images) / seen.seconds};
    if (job_.test != nullptr) {
      const std::unique_ptr<Sequential> averaged = trainer_->result();
      Evaluator evaluator(*averaged, job_.device);
      report.test_accuracy = evaluate(evaluator, *job_.test).accuracy();
    }
    log_->add(report);
    if (events_.on_epoch) events_.on_epoch(report);
  }

  TrainingOutcome finish() {
    StoredNetwork stored{
        .architecture = job_.architecture, .network = finished_network(*trainer_, job_), .metadata = {}};
    TrainingOutcome outcome{.finished = true, .epochs = job_.recipe.epochs, .test = {}};
    if (job_.test != nullptr) {
      // What is measured is what the file will hold, rounded to its type.
      load_into(*stored.network, file_of(*stored.network, job_.type),
                {.path = job_.out, .model = job_.recipe.model});
      Evaluator evaluator(*stored.network, job_.device);
      outcome.test = evaluate(evaluator, *job_.test);
      stored.metadata["test_accuracy"] = fmt::format("{:.4f}", outcome.test->accuracy());
    }
    stored.metadata["recipe"] = job_.recipe.name;
    stored.metadata.merge(origin());
    stored.metadata["seed"] = std::to_string(job_.recipe.seed);
    save_network(job_.out, stored, job_.type);
    std::filesystem::remove_all(beside(job_.out, ".checkpoints"));  // and the lock, held to the end
    return outcome;
  }

  const TrainingJob& job_;
  const TrainingEvents& events_;
  Architecture form_;
  std::unique_ptr<Sequential> network_;
  TrainingData data_;
  CheckpointStore store_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<TrainingLog> log_;
  std::string data_fingerprint_ = fingerprint_of(job_.train);
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
  return job.recipe.norm == NormUse::fold ? fold_batch_norm(*network) : std::move(network);
}

TrainingOutcome train_model(const TrainingJob& job, const TrainingEvents& events) {
  return Run(job, events)();
}

}  // namespace weir
