// Whole trainings: stopped, resumed, refused, finished.
#include "models/train_model.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "data/file_lock.h"
#include "layers/fold.h"
#include "layers/init.h"
#include "models/holdout.h"
#include "models/precise_norm.h"
#include "tests/models/small_training.h"
#include "tests/support/approx.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The lines of a log without what a clock wrote.
std::string timeless_log(const std::filesystem::path& out) {
  std::string text = contents_of(out.string() + ".log.jsonl"), result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    result += line.substr(0, line.find("\"seconds\"")) + "\n";
  return result;
}

TEST(TrainModel, FinishesWithAFileAndALogAndNothingElse) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  const TrainingOutcome outcome = train_model(small_job(folder / "small.safetensors", images));
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.epochs, 6);
  EXPECT_THAT(folder.names(), ElementsAre("small.safetensors", "small.safetensors.log.jsonl"));
  ASSERT_TRUE(outcome.test.has_value());
  EXPECT_GT(outcome.test->accuracy(), 0.15) << "guessing gives 0.1";

  const StoredNetwork stored = load_network(folder / "small.safetensors", Device::fastest());
  EXPECT_EQ(stored.metadata.at("recipe"), "small-test");
  EXPECT_EQ(stored.metadata.at("recipe_fingerprint"), fingerprint(small_recipe()));
  EXPECT_EQ(stored.metadata.count("bn_epsilon"), 0u) << "the norm is folded away";
  EXPECT_EQ(count_buffers(*stored.network), 0);
  Evaluator evaluator(*stored.network, Device::fastest());
  EXPECT_EQ(fmt::format("{:.4f}", evaluate(evaluator, images).accuracy()),
            stored.metadata.at("test_accuracy"));
}

TEST(TrainModel, WritesALineForEveryEpoch) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  train_model(small_job(folder / "s", images),
              {.on_step = [&](const StepReport& s) { steps.push_back(s); },
               .on_epoch = [&](const EpochReport& e) { epochs.push_back(e); },
               .on_warning = {},
               .should_stop = {}});
  ASSERT_EQ(epochs.size(), 6u);
  ASSERT_EQ(steps.size(), 18u);
  EXPECT_EQ(steps[17].step, 18);
  EXPECT_EQ(steps[17].steps, 18);
  EXPECT_EQ(steps[2].epoch, 1);
  EXPECT_EQ(steps[3].epoch, 2);
  EXPECT_LT(epochs[5].loss, epochs[0].loss);
  const std::string log = contents_of(folder / "s.log.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 6);
  EXPECT_THAT(log, HasSubstr(to_json(epochs[3]) + "\n"));
}

TEST(TrainModel, StoppedAnywhereAndResumedGivesTheSameBytes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "whole", images);
  train_model(job);
  for (const Index stop_at : {1, 3, 7, 18}) {
    SCOPED_TRACE(stop_at);
    job.out = folder / fmt::format("stopped-{}", stop_at);
    job.start = TrainingStart::fresh;
    Index taken = 0;
    TrainingEvents events;
    events.should_stop = [&] { return ++taken == stop_at; };
    EXPECT_FALSE(train_model(job, events).finished);
    EXPECT_FALSE(std::filesystem::exists(job.out));
    job.start = TrainingStart::resume;
    EXPECT_TRUE(train_model(job).finished);
    EXPECT_EQ(contents_of(job.out), contents_of(folder / "whole"));
    EXPECT_EQ(timeless_log(job.out), timeless_log(folder / "whole"));
  }
}

TEST(TrainModel, StopsAfterSomeEpochsWhenAsked) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "s", images);
  job.stop_after = 2;
  EXPECT_EQ(train_model(job).epochs, 2);
  job.start = TrainingStart::resume;
  EXPECT_EQ(train_model(job).epochs, 4);
  const TrainingOutcome last = train_model(job);
  EXPECT_TRUE(last.finished);
  EXPECT_EQ(last.epochs, 6);
}

TEST(TrainModel, DoesNothingWhenItIsDone) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "s", images);
  const TrainingOutcome first = train_model(job);
  job.start = TrainingStart::resume;
  bool stepped = false;
  TrainingEvents events;
  events.on_step = [&](const StepReport&) { stepped = true; };
  const TrainingOutcome second = train_model(job, events);
  EXPECT_FALSE(stepped);
  EXPECT_TRUE(second.finished);
  EXPECT_EQ(second.test->correct, first.test->correct);
  job.recipe.peak_rate = 0.05;  // weights of another recipe are no reason to stop
  train_model(job, events);
  EXPECT_TRUE(stepped);
}

TEST(TrainModel, WeightsOfAnotherTrainingAreNotTakenForFinished) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120), others = small_images(120, 8);
  const TrainingJob first = small_job(folder / "s", images);
  int steps = 0;
  TrainingEvents events;
  events.on_step = [&](const StepReport&) { ++steps; };
  const auto trains = [&](TrainingJob job) {
    train_model(first);
    steps = 0;
    job.start = TrainingStart::resume;
    train_model(job, events);
    return steps > 0;
  };
  EXPECT_FALSE(trains(first));
  TrainingJob smaller = first;
  smaller.architecture.layers[2].width = 4;
  EXPECT_TRUE(trains(smaller));
  EXPECT_TRUE(trains(small_job(folder / "s", others)));
}

TEST(TrainModel, StartingOverLeavesTheCheckpointsOfARunningOneAlone) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "s", images);
  job.stop_after = 1;
  train_model(job);
  const std::string checkpoint = contents_of(folder / "s.checkpoints/even.checkpoint");
  ASSERT_FALSE(checkpoint.empty());
  const FileLock running(folder / "s.checkpoints");
  job.start = TrainingStart::over;
  EXPECT_THAT(diagnosis_of([&] { train_model(job); }), Says(ErrorKind::resource, "E0601", "is in use"));
  EXPECT_EQ(contents_of(folder / "s.checkpoints/even.checkpoint"), checkpoint);
}

TEST(TrainModel, RefusesToGoOnWithSomethingElse) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120), others = small_images(120, 8);
  TrainingJob job = small_job(folder / "s", images);
  job.stop_after = 1;
  train_model(job);
  EXPECT_THAT(diagnosis_of([&] { train_model(job); }),
              Says(ErrorKind::usage, "E0423", "was begun and not finished"));

  job.start = TrainingStart::resume;
  TrainingJob changed = job;
  changed.recipe.peak_rate = 0.05;
  EXPECT_THAT(diagnosis_of([&] { train_model(changed); }),
              Says(ErrorKind::usage, "E0422", "another recipe: `peak_rate` 0.1 there, 0.05 here"));
  TrainingJob smaller = job;
  smaller.architecture.layers[2].width = 4;
  EXPECT_THAT(diagnosis_of([&] { train_model(smaller); }),
              Says(ErrorKind::usage, "E0422", "the layers of the model"));
  TrainingJob elsewhere = small_job(folder / "s", others);
  elsewhere.start = TrainingStart::resume;
  EXPECT_THAT(diagnosis_of([&] { train_model(elsewhere); }),
              Says(ErrorKind::usage, "E0422", "the training images"));

  job.start = TrainingStart::over;
  EXPECT_EQ(train_model(job).epochs, 1);
}

TEST(TrainModel, FallsBackToTheGenerationBefore) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "s", images);
  job.stop_after = 3;
  train_model(job);
  // Generations alternate between two files; the third is in the one where the first was.
  const auto newest = folder / "s.checkpoints" / "even.checkpoint";
  std::string bytes = contents_of(newest);
  bytes[bytes.size() / 2] ^= 1;
  put(newest, bytes);
  job.start = TrainingStart::resume;
  job.stop_after = 0;
  std::vector<Diagnosis> warnings;
  TrainingEvents events;
  events.on_warning = [&](const Diagnosis& warning) { warnings.push_back(warning); };
  EXPECT_TRUE(train_model(job, events).finished);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], Says(ErrorKind::damaged, "W0420", "even.checkpoint is damaged"));
  TrainingJob whole = small_job(folder / "whole", images);
  train_model(whole);
  EXPECT_EQ(contents_of(folder / "s"), contents_of(folder / "whole"));
}

TEST(TrainModel, ChecksTheOutputBeforeItComputes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  put(folder / "file", "not a folder");
  bool stepped = false;
  TrainingEvents events;
  events.on_step = [&](const StepReport&) { stepped = true; };
  const Diagnosis diagnosis =
      diagnosis_of([&] { train_model(small_job(folder / "file" / "weights", images), events); });
  EXPECT_EQ(diagnosis.kind, ErrorKind::resource);
  EXPECT_FALSE(stepped);
}

TEST(TrainModel, RefusesBeforeItComputesWhatCannotBeFinished) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  bool stepped = false;
  TrainingEvents events;
  events.on_step = [&](const StepReport&) { stepped = true; };
  TrainingJob normed = small_job(folder / "s", images), narrow = normed, flat = normed;
  normed.architecture.layers[3].norm = Norm::after_activation;
  EXPECT_THAT(
      diagnosis_of([&] { train_model(normed, events); }),
      Says(ErrorKind::usage, "E0213", "folds its norm away, but convolutions of model `small` have norms"));
  narrow.architecture.layers.back().width = 5;
  EXPECT_THAT(diagnosis_of([&] { train_model(narrow, events); }),
              Says(ErrorKind::usage, "E0213", "model `small` gives [5], images have 10 classes"));
  flat.architecture.layers.resize(4);
  EXPECT_THAT(diagnosis_of([&] { train_model(flat, events); }),
              Says(ErrorKind::usage, "E0213", "model `small` gives [16, 8, 8]"));
  EXPECT_FALSE(stepped);
}

TEST(TrainModel, StartsAsTheRecipeSays) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  std::vector<std::vector<float>> weights;
  for (const Initialisation start : {Initialisation::he, Initialisation::lsuv}) {
    TrainingJob job = small_job(folder / fmt::format("{}", weights.size()), images);
    job.recipe.initialisation = start;
    job.recipe.norm = NormUse::as_model;
    job.recipe.peak_rate = 0;  // what comes out is what went in
    train_model(job);
    weights.push_back(read_safetensors(job.out).find("conv2.weight")->floats());
  }
  EXPECT_NE(weights[0], weights[1]);
  // LSUV: the 16 filters, each a row of 8 * 9 numbers, are orthogonal.
  double product = 0, length = 0;
  for (std::size_t i = 0; i < 72; ++i) {
    product += static_cast<double>(weights[1][i]) * static_cast<double>(weights[1][72 + i]);
    length += static_cast<double>(weights[1][i]) * static_cast<double>(weights[1][i]);
  }
  EXPECT_NEAR(product / length, 0, 1e-5);
  TrainingJob given = small_job(folder / "given", images);
  given.recipe.initialisation = Initialisation::given;
  EXPECT_THROW(train_model(given), Error);
}

TEST(TrainModel, HoldsImagesOutAndLeavesTheTestImagesAloneUntilTheEnd) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(folder / "h", images);
  job.recipe.holdout = 40;
  std::vector<EpochReport> epochs;
  TrainingEvents events;
  events.on_epoch = [&](const EpochReport& report) { epochs.push_back(report); };
  Index steps = 0;
  events.on_step = [&](const StepReport&) { ++steps; };
  const TrainingOutcome outcome = train_model(job, events);
  EXPECT_EQ(steps, 6 * 2) << "80 of 120 images in batches of 40";
  for (const EpochReport& report : epochs) {
    EXPECT_TRUE(report.held_out_accuracy.has_value());
    EXPECT_FALSE(report.test_accuracy.has_value());
  }
  EXPECT_EQ(outcome.held_out->count, 40);
  EXPECT_EQ(outcome.test->count, 120);
  EXPECT_THAT(contents_of(folder / "h.log.jsonl"), HasSubstr("\"held_out_accuracy\":"));

  // The measured ones are those that were not trained on.
  const HoldoutSplit split = split_rows(120, 40, job.recipe.seed);
  const ImageSet held_out = subset(images, split.held_out);
  const StoredNetwork stored = load_network(folder / "h", Device::fastest());
  Evaluator evaluator(*stored.network, Device::fastest());
  EXPECT_EQ(outcome.held_out->correct, evaluate(evaluator, held_out).correct);
}

TEST(Holdout, SplitsBySeedWithoutLossOrOverlap) {
  const HoldoutSplit split = split_rows(1000, 100, 2018);
  std::vector<Index> all = split.train;
  all.insert(all.end(), split.held_out.begin(), split.held_out.end());
  std::ranges::sort(all);
  for (Index row = 0; row < 1000; ++row) ASSERT_EQ(all[static_cast<std::size_t>(row)], row);
  EXPECT_EQ(split.held_out.size(), 100u);
  EXPECT_EQ(split_rows(1000, 100, 2018).held_out, split.held_out);
  EXPECT_NE(split_rows(1000, 100, 2019).held_out, split.held_out);
  EXPECT_THAT(diagnosis_of([] { split_rows(100, 100, 2018); }),
              Says(ErrorKind::usage, "E0213", "100 images held out of 100: none are left to train on"));
  EXPECT_THAT(soft_labels_of(std::vector<float>(30, 0.5f), std::vector<Index>{2, 0}), testing::SizeIs(20));
}

TEST(TrainModel, GoesOnFromGivenWeights) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  const std::unique_ptr<Sequential> start = build(small_architecture(), Device::fastest());
  initialise_he(*start, Rng{.seed = 11});
  TrainingJob job = small_job(folder / "g", images);
  job.recipe.initialisation = Initialisation::given;
  job.recipe.norm = NormUse::as_model;
  job.recipe.peak_rate = 0;  // what comes out is what went in
  job.given = start.get();
  train_model(job);
  EXPECT_EQ(read_safetensors(job.out).find("conv2.weight")->floats(),
            file_of(*start).find("conv2.weight")->floats());
  job.recipe.initialisation = Initialisation::he;
  EXPECT_THROW(train_model(job), Error) << "given, but not wanted";
}

TEST(FinishedNetwork, IsTheAveragedOneWithItsNormFoldedAway) {
  const ImageSet images = small_images(120);
  const TemporaryFolder folder;
  const TrainingJob job = small_job(folder / "s", images);
  const Architecture form = trained_form(job.architecture, job.recipe);
  const std::unique_ptr<Sequential> network = build(form, job.device);
  initialise_he(*network, Rng{.seed = 3});
  const TrainingData data{.images = images};
  Trainer trainer(*network, data, job.recipe);
  for (int step = 0; step < 4; ++step) trainer.step();

  const std::unique_ptr<Sequential> folded = finished_network(trainer, job);
  const std::unique_ptr<Sequential> averaged = trainer.result();
  estimate_statistics(*averaged, form, images, {.images = job.recipe.norm_images});
  Evaluator of_folded(*folded, job.device), of_averaged(*averaged, job.device);
  const Tensor batch = image_tensor(images, {0, 120}, job.device);
  const Values found = of_folded.logits(batch).to_host_double(),
               expected = of_averaged.logits(batch).to_host_double();
  EXPECT_TRUE(within_share_of_largest(1e-4, found, expected));
  EXPECT_EQ(count_buffers(*folded), 0);
}

// ---- killed at any moment ----

constexpr const char* child_variable = "WEIR_TEST_TRAINING_CHILD";

/// Not a test of its own: what the child process of the next one runs.
TEST(KilledTraining, DISABLED_Child) {
  const char* out = std::getenv(child_variable);
  if (out == nullptr) GTEST_SKIP() << "only as a child";
  const ImageSet images = small_images(120);
  TrainingJob job = small_job(out, images);
  job.start = TrainingStart::resume;
  job.checkpoint_seconds = 0;  // after every step
  train_model(job);
}

pid_t start_child(const std::filesystem::path& out) {
  std::vector<std::string> variables = {fmt::format("{}={}", child_variable, out.string())};
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::vector<std::string> words = {"test", "--gtest_also_run_disabled_tests",
                                    "--gtest_filter=KilledTraining.DISABLED_Child"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &quiet, nullptr, arguments.data(), environment.data()), 0);
  posix_spawn_file_actions_destroy(&quiet);
  return child;
}

/// When the newest checkpoint was written; changes with every step of the child.
std::filesystem::file_time_type newest_checkpoint(const std::filesystem::path& out) {
  std::filesystem::file_time_type newest = std::filesystem::file_time_type::min();
  std::error_code gone;  // files come and go while we look
  for (const char* name : {"even.checkpoint", "odd.checkpoint"}) {
    const auto time = std::filesystem::last_write_time(out.string() + ".checkpoints/" + name, gone);
    if (!gone) newest = std::max(newest, time);
  }
  return newest;
}

/// Kills the child some time after it has made a step; gives how it ended.
int run_and_kill(const std::filesystem::path& out, std::chrono::microseconds after_a_step) {
  const auto before = newest_checkpoint(out);
  const pid_t child = start_child(out);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (newest_checkpoint(out) == before) continue;
    std::this_thread::sleep_for(after_a_step);
    ::kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return status;
  }
  return status;
}

TEST(KilledTraining, ResumesToTheSameBytes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  train_model(small_job(folder / "whole", images));
  const auto out = folder / "killed";
  // The clock cannot tell where the child is, so kills are aimed from its last step: up to a few steps later,
  // in a write of a checkpoint, in the log, in the final file. Every attempt makes a step, and there are 18.
  int kills = 0;
  for (std::uint64_t attempt = 0; attempt < 30 && !std::filesystem::exists(out); ++attempt)
    kills +=
        WIFSIGNALED(run_and_kill(out, std::chrono::microseconds(random_below({.seed = 1}, attempt, 80000))))
            ? 1
            : 0;
  EXPECT_GE(kills, 2) << "too little was tested";
  EXPECT_EQ(contents_of(out), contents_of(folder / "whole"));
  EXPECT_EQ(timeless_log(out), timeless_log(folder / "whole"));
}

}  // namespace
}  // namespace weir
