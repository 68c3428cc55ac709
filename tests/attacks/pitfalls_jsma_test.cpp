// The rows of the table of tests/attacks/pitfalls_test.cpp that are about saliency maps.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/jsma.h"
#include "attacks/pair_search.h"
#include "tensor/workers.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

/// What the argmax over a matrix of zeros does, and what the literature's readers took for a robust network.
TEST(Pitfall, Row12JsmaStopsWhereNoPairIsAdmissible) {
  // z_1 is constant and z_2 falls: nothing raises class 1 on logits
  const auto network = affine_network({{1, 2, 1}, {0, 0, 0}, {-1, -1, -1}}, {9, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0.125, 0.25, 0.5}}, {0}, reference());
  task.targets = labels_of({1}, reference());
  JsmaOptions options{.theta = 0.25, .gamma = 1, .saliency = {.on = Outputs::logits}};
  const Outcome stopped = Jsma(options)(evaluator, task);
  EXPECT_EQ(stopped.records[0].status, AttackStatus::fail_no_pair);
  EXPECT_EQ(stopped.records[0].zero_gradient_share, 1);
  EXPECT_THAT(stopped.images.to_host_double(), ElementsAre(0.125, 0.25, 0.5));
  options.no_pair = NoPair::cleverhans;
  const Outcome corner = Jsma(options)(evaluator, task);
  EXPECT_THAT(corner.images.to_host_double(), ElementsAre(0.625, 0.25, 0.5));
  EXPECT_EQ(corner.records[0].iterations, 1);
}

TEST(Pitfall, Row12AGradientWithoutAPairIsNamedSo) {
  // raising any feature raises class 1 as it should, but class 2 by more: b is positive everywhere
  const auto network = affine_network({{0, 0, 0}, {1, 1, 1}, {2, 2, 2}}, {9, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0.125, 0.25, 0.5}}, {0}, reference());
  task.targets = labels_of({1}, reference());
  const Outcome outcome =
      Jsma({.theta = 0.25, .gamma = 1, .saliency = {.on = Outputs::logits}})(evaluator, task);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_no_pair);
  EXPECT_EQ(outcome.records[0].iterations, 0);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.125, 0.25, 0.5));
}

TEST(Pitfall, Row12FewerThanTwoFeaturesAreNoPair) {
  const auto network = affine_network({{0, 0, 0}, {1, 1, 1}}, {99, 0}, reference());
  Evaluator evaluator(*network, reference());
  for (const NoPair no_pair : {NoPair::fail, NoPair::cleverhans}) {
    const Outcome outcome =
        Jsma({.theta = 0.25, .gamma = 1, .saliency = {.scale = SeedScale::scaled}, .no_pair = no_pair})(
            evaluator, line_task({{0, 1, 1}}, {0}, reference()));
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_no_pair);
    EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0, 1, 1));
  }
}

TEST(Pitfall, Row13ANegativeThetaLowersFeatures) {
  const auto network = affine_network({{1, 2, 3, 4}, {-1, -2, -3, -4}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, 0.5, -0.75, 0.5}}, {0}, reference());
  for (const Outputs on : {Outputs::probabilities, Outputs::logits}) {
    const Outcome outcome = Jsma({.theta = -0.5, .gamma = 1, .saliency = {.on = on}})(evaluator, task);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::success);
    EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.5, 0.5, -1, 0)) << "held inside the range";
  }
}

TEST(Pitfall, Row14AFeatureMovesOnceAndNoneThatHasNoRoom) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 2);
  Values before = task.images.to_host_double();
  for (std::size_t i = 0; i < before.size(); i += 3) before[i] = i % 2 == 0 ? 1 : -1;
  task.images = tensor_of(before, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  for (const double theta : {0.1, -0.1}) {
    const Outcome outcome = Jsma({.theta = theta, .gamma = 0.3})(evaluator, task);
    const Values after = outcome.images.to_host_double();
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_LE((after[i] - before[i]) * (theta > 0 ? 1 : -1), 0.1 + 0x1p-24);
      EXPECT_GE((after[i] - before[i]) * (theta > 0 ? 1 : -1), 0);
      if (before[i] == (theta > 0 ? 1 : -1)) {
        EXPECT_EQ(after[i], before[i]);
      }
    }
    Index steps = 0;
    for (const AttackRecord& record : outcome.records) {
      EXPECT_EQ(record.distortion.l0_features, 2 * record.iterations);
      steps += record.iterations;
    }
    EXPECT_GE(steps, 200) << "too little happened to show it";
  }
}

TEST(Pitfall, Row15GammaIsRoundedDownToPairs) {
  struct Case {
    Shape shape;
    double gamma;
    GammaOf of;
    Index pairs;
  };
  for (const Case& c :
       {Case{{1, 1, 1, 7}, 0.5, GammaOf::features, 1}, Case{{1, 3, 32, 32}, 0.1, GammaOf::features, 153},
        Case{{1, 3, 32, 32}, 0.2, GammaOf::features, 307}, Case{{1, 3, 32, 32}, 0.1, GammaOf::pixels, 51},
        Case{{1, 3, 32, 32}, 1, GammaOf::features, 1536}}) {
    const auto features = static_cast<std::size_t>(c.shape.volume());
    const auto network =
        affine_network({Values(features, 0), Values(features, 0x1p-12)}, {9, 0}, reference());
    Evaluator evaluator(*network, reference());
    AttackTask task;
    task.images = Tensor::zeros(c.shape, reference());
    task.truth = labels_of({0}, reference());
    const Outcome outcome = Jsma({.theta = 0.25, .gamma = c.gamma, .gamma_of = c.of})(evaluator, task);
    EXPECT_EQ(outcome.records[0].iterations, c.pairs);
    EXPECT_EQ(outcome.records[0].distortion.l0_features, 2 * c.pairs);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
    EXPECT_EQ(outcome.records[0].forwards, c.pairs + 1) << "one look at the clean image, one after each step";
    EXPECT_EQ(outcome.records[0].backwards, c.pairs);
  }
}

TEST(Pitfall, Row16JsmaChangesFeaturesNotPixels) {
  // three channels of two pixels; the two largest weights are channels of one pixel
  const auto network = affine_network({{0, 0, 0, 0, 0, 0}, {5, 1, 4, 1, 1, 1}}, {1, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({Values(6, 0)}, {0}, reference());
  task.images = task.images.reshaped({1, 3, 1, 2});
  const Outcome outcome = Jsma({.theta = 0.25, .gamma = 1})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.25, 0, 0.25, 0, 0, 0));
  EXPECT_EQ(outcome.records[0].distortion.l0_features, 2);
  EXPECT_EQ(outcome.records[0].distortion.l0_pixels, 1);
}

TEST(Pitfall, Row17TheProductDecidesAndNotTheTargetAlone) {
  // features 0 and 1 raise the target most, 2 and 3 lower the others most; the best pair has one of each
  const auto network =
      affine_network({{0, 0, 0, 0}, {8, 8, 3, 3}, {-1, -1, -9, -9}, {0, 0, 0, 0}}, {9, 0, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({Values(4, 0)}, {0}, reference());
  task.targets = labels_of({1}, reference());
  std::vector<FeaturePair> pairs;
  Jsma({.theta = 0.25, .gamma = 1, .saliency = {.on = Outputs::logits}})(
      evaluator, task, [&](const AttackStep& step) { pairs.push_back(step.chosen[0]); });
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].first, 0);
  EXPECT_EQ(pairs[0].second, 2) << "11 * 10 is more than 16 * 2, than 6 * 18, and first of its equals";
}

TEST(Pitfall, Row18EqualPairsAreCountedInTheOrderThatWasAsked) {
  // [2 channels, 2 pixels], all weights equal: the first two features of either order
  const auto network = affine_network({{-1, -1, -1, -1}, {1, 1, 1, 1}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({Values(4, 0)}, {0}, reference());
  task.images = task.images.reshaped({1, 2, 1, 2});
  for (const Outputs on : {Outputs::probabilities, Outputs::logits}) {
    JsmaOptions options{.theta = 0.25, .gamma = 0.5, .saliency = {.on = on}};
    EXPECT_THAT(Jsma(options)(evaluator, task).images.to_host_double(), ElementsAre(0.25, 0.25, 0, 0));
    options.order = FeatureOrder::nhwc;
    EXPECT_THAT(Jsma(options)(evaluator, task).images.to_host_double(), ElementsAre(0.25, 0, 0.25, 0))
        << "both channels of the first pixel";
  }
}

TEST(Pitfall, Row19NeitherTheTruthNorTheAnswerIsATarget) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {20, 3, 8, 8}, 4);
  std::vector<std::int32_t> truth = task.truth.to_host();
  truth[4] = (truth[4] + 1) % 10;  // already wrong: its own answer would be a target at no cost
  task.truth = labels_of(truth, reference());
  const Outcome outcome = Jsma({.theta = 0.8})(evaluator, task, [&](const AttackStep& step) {
    if (step.number > 0) return;
    EXPECT_EQ(step.rows.size(), 9u * 19);
    for (std::size_t i = 0; i < step.rows.size(); ++i)
      EXPECT_NE(step.targets[i], truth[static_cast<std::size_t>(step.rows[i])]);
  });
  for (std::size_t row = 0; row < 20; ++row) {
    const AttackRecord& record = outcome.records[row];
    if (row == 4) {
      EXPECT_EQ(record.status, AttackStatus::skipped_misclassified);
      EXPECT_EQ(record.target, no_class);
      continue;
    }
    EXPECT_NE(record.target, record.label);
    EXPECT_GE(record.iterations, 1);
    if (record.status == AttackStatus::success) {
      EXPECT_EQ(record.adversarial_class, record.target);
    }
  }
}

std::vector<Jsma> attacks_of_this_folder() {
  const JsmaOptions logits{.theta = 0.4, .gamma = 0.08, .saliency = {.on = Outputs::logits}};
  return {Jsma({.theta = 0.4, .gamma = 0.08}), Jsma(logits),
          Jsma({.theta = -0.4, .gamma = 0.08, .saliency = {.others = OtherClasses::summed}})};
}

TEST(Pitfall, Row07RowsOfARaceDoNotInfluenceOtherImages) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {23, 3, 8, 8}, 6);
  std::vector<Index> shuffled;
  for (Index row = 0; row < 23; ++row) shuffled.push_back(row * 7 % 23);
  for (const Jsma& attack : attacks_of_this_folder()) {
    const Outcome together = attack(evaluator, task);
    const Outcome permuted = attack(evaluator, rows_of(task, shuffled));
    for (Index row = 0; row < 23; ++row) {
      const auto i = static_cast<std::size_t>(row);
      const Tensor mine = together.images.batch_slice(row, 1);
      const Index elsewhere = std::find(shuffled.begin(), shuffled.end(), row) - shuffled.begin();
      EXPECT_TRUE(same_bits(permuted.images.batch_slice(elsewhere, 1), mine)) << row;
      EXPECT_EQ(to_csv(permuted.records[static_cast<std::size_t>(elsewhere)]), to_csv(together.records[i]));
      if (row % 5 != 0) continue;
      const Outcome alone = attack(evaluator, rows_of(task, {row}));
      EXPECT_TRUE(same_bits(alone.images, mine)) << row;
      EXPECT_EQ(to_csv(alone.records[0]), to_csv(together.records[i]));
    }
  }
}

TEST(Pitfall, Row39JsmaGivesTheSameBitsForAnyNumberOfThreads) {
  const auto network = small_conv_network(10, {7}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {15, 3, 8, 8}, 8);
  const int budget = thread_budget();
  for (const Jsma& attack : attacks_of_this_folder()) {
    const Outcome first = attack(evaluator, task);
    for (const int threads : {1, 3}) {
      set_thread_budget(threads);
      const Outcome again = attack(evaluator, task);
      EXPECT_TRUE(same_bits(again.images, first.images)) << threads;
      EXPECT_EQ(to_csv(again.records), to_csv(first.records)) << threads;
    }
    set_thread_budget(budget);
  }
}

}  // namespace
}  // namespace weir
