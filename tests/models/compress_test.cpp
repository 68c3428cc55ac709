// Whole compressions of a small network: where they land, stopped and resumed, refused.
#include "models/compress.h"

#include <gmock/gmock.h>
#include <set>

#include "layers/init.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StoredNetwork small_original() {
  StoredNetwork stored{.architecture = small_architecture(),
                       .network = build(small_architecture(), Device::fastest()),
                       .metadata = {}};
  initialise_he(*stored.network, Rng{.seed = 3}, {.linear_gain = 2});
  return stored;
}

CompressionJob small_compression(const StoredNetwork& original, const std::filesystem::path& out,
                                 const ImageSet& images) {
  CompressionJob job{.original = original,
                     .plan = {.max_parameters = 1300,
                              .rounds = 2,
                              .round_epochs = 1,
                              .held_out = 40,
                              .limits = {.round_share = 0.2, .total_share = 0.5, .least_units = 4}},
                     .recipe = small_recipe(),
                     .out = out,
                     .train = images,
                     .test = &images,
                     .device = Device::fastest()};
  job.recipe.epochs = 3;
  return job;
}

TEST(Compress, MeetsTheBudgetAndLeavesAFileAndALog) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  std::vector<RoundReport> rounds;
  CompressionEvents events;
  events.on_round = [&](const RoundReport& report) { rounds.push_back(report); };
  const CompressionOutcome outcome = compress(small_compression(original, folder / "c", images), events);
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(folder.names(), ElementsAre("c", "c.log.jsonl"));
  const Index before = count_parameters(*original.network);
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_LT(rounds[0].parameters, before);
  EXPECT_GT(rounds[0].parameters, 1300);

  const StoredNetwork stored = load_network(folder / "c", Device::fastest());
  EXPECT_EQ(count_parameters(*stored.network), rounds[1].parameters);
  EXPECT_LE(rounds[1].parameters, 1300);
  EXPECT_GT(rounds[1].parameters, 1300 - (9 * 16 + 9 * 8 + 11)) << "at most the cheaper layer's unit below";
  EXPECT_EQ(stored.metadata.at("criterion"), "apoz");
  EXPECT_EQ(stored.metadata.at("recipe"), "small-test");
  EXPECT_EQ(count_buffers(*stored.network), 0);

  const std::string log = contents_of(folder / "c.log.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2 + 1 + 3) << "two rounds, one epoch and three";
  EXPECT_THAT(log, HasSubstr(R"("held_out_accuracy":)"));
  Evaluator evaluator(*stored.network, Device::fastest());
  EXPECT_EQ(fmt::format("{:.4f}", evaluate(evaluator, images).accuracy()),
            stored.metadata.at("test_accuracy"));
}

TEST(Compress, WritesCompressedWhereTheNameSaysSo) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  compress(small_compression(original, folder / "plain", images));
  compress(small_compression(original, folder / "c.safetensors.gz", images));
  EXPECT_TRUE(contents_of(folder / "c.safetensors.gz").starts_with("\x1f\x8b")) << "as gzip begins";
  EXPECT_EQ(serialised_safetensors(read_safetensors(folder / "c.safetensors.gz")),
            serialised_safetensors(read_safetensors(folder / "plain")));
}

TEST(Compress, StoppedAnywhereAndResumedGivesTheSameBytes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  CompressionJob job = small_compression(original, folder / "whole", images);
  compress(job);
  // Three steps in round 1 (120 of 160 images), twelve in round 2.
  for (const Index stop_at : {1, 3, 4, 9}) {
    SCOPED_TRACE(stop_at);
    job.out = folder / fmt::format("stopped-{}", stop_at);
    job.start = TrainingStart::fresh;
    Index taken = 0;
    CompressionEvents events;
    events.training.should_stop = [&] { return ++taken == stop_at; };
    EXPECT_FALSE(compress(job, events).finished);
    EXPECT_FALSE(std::filesystem::exists(job.out));
    EXPECT_THAT(diagnosis_of([&] { compress(job); }),
                Says(ErrorKind::usage, "E0423", "begun and not finished"));
    job.start = TrainingStart::resume;
    EXPECT_TRUE(compress(job).finished);
    EXPECT_EQ(contents_of(job.out), contents_of(folder / "whole"));
  }
  bool stepped = false;
  CompressionEvents events;
  events.training.on_step = [&](const StepReport&) { stepped = true; };
  EXPECT_TRUE(compress(job, events).finished);
  EXPECT_FALSE(stepped) << "what is done is not done again";
  job.plan.criterion = PruneCriterion::l1;
  EXPECT_TRUE(compress(job, events).finished);
  EXPECT_TRUE(stepped) << "weights of another plan are no reason to stop";
}

/// Nothing is saved on the way out, as when the process is killed.
TEST(Compress, DeadAnywhereAndResumedGivesTheSameBytes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  CompressionJob job = small_compression(original, folder / "whole", images);
  compress(job);
  job.out = folder / "dead";
  job.start = TrainingStart::resume;
  struct Death {};
  Index moments = 0;
  for (Index moment = 1; moment <= 100; ++moment) {  // each call lives one event longer
    Index left = moment;
    CompressionEvents events;
    const auto tick = [&] {
      if (--left == 0) throw Death{};
    };
    events.on_round = [&](const RoundReport&) { tick(); };
    events.training.on_step = [&](const StepReport&) { tick(); };
    events.training.on_epoch = [&](const EpochReport&) { tick(); };
    try {
      compress(job, events);
      break;
    } catch (const Death&) {
      ++moments;
      EXPECT_FALSE(std::filesystem::exists(job.out));
    }
  }
  EXPECT_GT(moments, 3);
  EXPECT_EQ(contents_of(job.out), contents_of(folder / "whole"));
  EXPECT_THAT(folder.names(), ElementsAre("dead", "dead.log.jsonl", "whole", "whole.log.jsonl"));
}

TEST(Compress, MeetsTheBudgetByEveryCriterion) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  std::set<std::string> files;
  for (const PruneCriterion criterion :
       {PruneCriterion::apoz, PruneCriterion::l1, PruneCriterion::taylor, PruneCriterion::random}) {
    CompressionJob job = small_compression(original, folder / std::string(to_string(criterion)), images);
    job.plan.criterion = criterion;
    const CompressionOutcome outcome = compress(job);
    EXPECT_LE(parameters_of(outcome.architecture), 1300);
    EXPECT_EQ(load_network(job.out, job.device).metadata.at("criterion"), to_string(criterion));
    files.insert(contents_of(job.out));
  }
  EXPECT_EQ(files.size(), 4u);
}

TEST(Compress, RefusesToGoOnWithAnotherPlan) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  CompressionJob job = small_compression(original, folder / "c", images);
  CompressionEvents once;
  once.training.should_stop = [] { return true; };
  compress(job, once);
  job.start = TrainingStart::resume;
  job.plan.max_parameters = 1400;
  EXPECT_THAT(diagnosis_of([&] { compress(job); }), Says(ErrorKind::usage, "E0422", "another plan"));
  job.start = TrainingStart::over;
  EXPECT_TRUE(compress(job).finished);
}

TEST(Compress, AControlTrainsAsLongAndRemovesNothing) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  const auto steps_of = [&](CompressionKind kind, const std::string& name) {
    CompressionJob job = small_compression(original, folder / name, images);
    job.plan.kind = kind;
    Index steps = 0;
    CompressionEvents events;
    events.training.on_step = [&](const StepReport&) { ++steps; };
    compress(job, events);
    return steps;
  };
  EXPECT_EQ(steps_of(CompressionKind::control, "control"), steps_of(CompressionKind::prune, "pruned"));
  const StoredNetwork control = load_network(folder / "control", Device::fastest());
  EXPECT_EQ(control.architecture, original.architecture);
  EXPECT_EQ(control.metadata.at("criterion"), "none: a control");
}

TEST(Compress, SaysWhatIsOutOfReachBeforeItComputes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(160);
  const StoredNetwork original = small_original();
  CompressionJob job = small_compression(original, folder / "c", images);
  job.plan.max_parameters = 100;
  EXPECT_THAT(diagnosis_of([&] { compress(job); }),
              Says(ErrorKind::usage, "E0230", "100 parameters are out of reach"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(Compress, GoesDownInEqualSteps) {
  EXPECT_EQ(round_target(1071542, 890411, 1, 4), 1026260);
  EXPECT_EQ(round_target(1071542, 890411, 4, 4), 890411);
}

}  // namespace
}  // namespace weir
