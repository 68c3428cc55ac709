#include "attacks/igsm.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "tensor/ops/softmax.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::Each;
using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(Igsm, OfOneStepAsLongAsEpsIsFgsm) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {35, 3, 8, 8}, 2);
  for (const double eps : {0.025, 0.3, 1.9}) {
    const Outcome one = Igsm({.eps = eps, .step = eps, .iterations = 1})(evaluator, task);
    EXPECT_TRUE(same_bits(one.images, Fgsm({.eps = eps})(evaluator, task).images)) << eps;
  }
}

TEST(Igsm, OnAnAffineModelStepsAddUp) {
  const auto network = affine_network({{1, -2, 0}, {0, 1, 0}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, -0.25, 0.125}}, {0}, reference());
  const Outcome inside = Igsm({.eps = 0.5, .step = 0.0625, .iterations = 3})(evaluator, task);
  EXPECT_THAT(inside.images.to_host_double(), ElementsAre(0.3125, -0.0625, 0.125));
  const Outcome at_the_edge = Igsm({.eps = 0.15625, .step = 0.0625, .iterations = 3})(evaluator, task);
  EXPECT_THAT(at_the_edge.images.to_host_double(), ElementsAre(0.34375, -0.09375, 0.125));
}

/// The loop of cleverhans 2.0 as its text has it, one image at a time in double, on a two-class affine model.
Values rounds_of_cleverhans(const Values& x, const Values& direction, const IgsmOptions& options) {
  Values eta(x.size());
  for (Index round = 0; round < options.iterations; ++round)
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double stepped = std::clamp(x[i] + eta[i] + options.step * direction[i], -1.0, 1.0);
      eta[i] = std::clamp(stepped - x[i], -options.eps, options.eps);
    }
  Values result;
  for (std::size_t i = 0; i < x.size(); ++i) result.push_back(std::clamp(x[i] + eta[i], -1.0, 1.0));
  return result;
}

TEST(Igsm, IsTheLoopOfCleverhansUpToTheRoundingOfFloats) {
  const Values x = floats(200, {-1, 1}, {3});
  Values direction(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) direction[i] = i % 3 == 0 ? -1 : i % 3 == 1 ? 1 : 0;
  const auto network = affine_network({Values(x.size(), 0), direction}, {99, 0}, reference());
  Evaluator evaluator(*network, reference());
  for (const Index iterations : {10, 13, 20}) {
    const IgsmOptions options{.iterations = iterations, .seed = SeedScale::scaled};
    const Values found = Igsm(options)(evaluator, line_task({x}, {0}, reference())).images.to_host_double();
    // each step rounds once, to half an ulp of a number below 1
    const double tolerance = static_cast<double>(iterations) * 0x1p-24;
    EXPECT_TRUE(within(found, rounds_of_cleverhans(x, direction, options), Values(x.size(), tolerance)));
  }
}

TEST(Igsm, ThePaperDefaultsNeverReachTheBall) {
  const auto network = affine_network({{1, -1}, {-1, 1}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = Igsm()(evaluator, line_task({{0.25, 0.25}}, {0}, reference()));
  EXPECT_NEAR(outcome.records[0].distortion.linf, 0.020, 1e-6);
  EXPECT_EQ(outcome.records[0].iterations, 10);
}

TEST(Igsm, EarlyStopKeepsTheFirstIterateThatFools) {
  // margins 2 x0: steps of 1/16 lower them by 1/8 each
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.15625}, {0.03125}, {0.96875}, {0.28125}}, {0, 0, 0, 0}, reference());
  const IgsmOptions options{.eps = 0.5, .step = 0.0625, .iterations = 6, .early_stop = EarlyStop::at_success};
  const Outcome outcome = Igsm(options)(evaluator, task);
  std::vector<Index> iterations, first, forwards;
  std::vector<AttackStatus> statuses;
  for (const AttackRecord& record : outcome.records) {
    iterations.push_back(record.iterations);
    first.push_back(record.first_success);
    forwards.push_back(record.forwards);
    statuses.push_back(record.status);
  }
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(-0.03125, -0.03125, 0.59375, -0.03125));
  EXPECT_THAT(iterations, ElementsAre(3, 1, 6, 5));
  EXPECT_THAT(first, ElementsAre(3, 1, -1, 5));
  EXPECT_THAT(forwards, ElementsAre(4, 2, 6, 6));
  EXPECT_EQ(statuses[2], AttackStatus::fail_budget);
  EXPECT_EQ(outcome.crafting.forwards, 4 + 2 + 6 + 6) << "rows that are done are not computed any further";
  EXPECT_EQ(outcome.crafting.backwards, 4 + 2 + 6 + 6);
}

TEST(Igsm, WithoutEarlyStopItGoesOnAndSaysWhenItFirstSucceeded) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const IgsmOptions options{.eps = 0.5, .step = 0.0625, .iterations = 6};
  const Outcome outcome = Igsm(options)(evaluator, line_task({{0.15625}, {0.34375}}, {0, 0}, reference()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.15625 - 0.375, 0.34375 - 0.375));
  EXPECT_EQ(outcome.records[0].first_success, 3);
  EXPECT_EQ(outcome.records[0].iterations, 6);
  EXPECT_EQ(outcome.records[1].first_success, 6) << "only the judge has seen the last image";
}

TEST(Igsm, EarlyStopAndFullRunAgreeOnRowsThatNeverSucceed) {
  const auto network = small_conv_network(10, {4}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {70, 3, 8, 8}, 5);
  IgsmOptions options{.eps = 0.01, .step = 0.001};
  const Outcome full = Igsm(options)(evaluator, task);
  options.early_stop = EarlyStop::at_success;
  const Outcome early = Igsm(options)(evaluator, task);
  Index failures = 0, stopped = 0;
  for (Index row = 0; row < 70; ++row) {
    const auto i = static_cast<std::size_t>(row);
    stopped += early.records[i].iterations < 10;
    if (full.records[i].first_success >= 0) continue;
    ++failures;
    EXPECT_TRUE(same_bits(early.images.batch_slice(row, 1), full.images.batch_slice(row, 1))) << row;
  }
  EXPECT_GT(failures, 0) << "a test without failures shows nothing";
  EXPECT_GT(stopped, 0) << "a test without compaction shows nothing";
}

TEST(Igsm, RecordsAddUpToWhatTheEvaluatorCounted) {
  const auto network = small_conv_network(10, {6}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {70, 3, 8, 8}, 7);
  const Outcome outcome =
      Igsm({.eps = 0.03, .step = 0.005, .early_stop = EarlyStop::at_success})(evaluator, task);
  Index forwards = 0, backwards = 0;
  for (const AttackRecord& record : outcome.records) {
    forwards += record.forwards;
    backwards += record.backwards;
  }
  EXPECT_EQ(outcome.crafting.forwards, forwards);
  EXPECT_EQ(outcome.crafting.backwards, backwards);
  EXPECT_LT(forwards, 700) << "no row stopped early";
}

TEST(Igsm, TheObserverSeesEveryIterateAndChangesNothing) {
  const auto network = small_conv_network(10, {8}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 9);
  std::vector<std::int32_t> truth = task.truth.to_host();
  truth[3] = (truth[3] + 1) % 10;  // misclassified: not attacked, so that rows and victims differ
  task.truth = labels_of(truth, reference());
  const Igsm attack({.eps = 0.03, .step = 0.005, .early_stop = EarlyStop::at_success});
  std::vector<Index> iterations(40);
  Index calls = 0;
  const Outcome watched = attack(evaluator, task, [&](const AttackStep& step) {
    EXPECT_EQ(step.number, calls++);
    EXPECT_EQ(step.images.rows(), static_cast<Index>(step.rows.size()));
    EXPECT_EQ(step.objective.size(), step.rows.size());
    EXPECT_EQ(step.logits.rows(), step.images.rows());
    EXPECT_EQ(step.gradient.shape(), step.images.shape());
    for (std::size_t i = 0; i < step.rows.size(); ++i) {
      ++iterations[static_cast<std::size_t>(step.rows[i])];
      if (step.number > 0) continue;
      EXPECT_TRUE(same_bits(step.images.batch_slice(static_cast<Index>(i), 1),
                            task.images.batch_slice(step.rows[i], 1)));
    }
  });
  EXPECT_TRUE(same_bits(watched.images, attack(evaluator, task).images));
  for (std::size_t row = 0; row < 40; ++row) EXPECT_EQ(iterations[row], watched.records[row].forwards) << row;
  EXPECT_EQ(iterations[3], 0);
}

TEST(Igsm, TheObjectiveIsTheLossThatClimbs) {
  const auto network = small_conv_network(10, {10}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {20, 3, 8, 8}, 11);
  std::vector<Values> losses;
  Igsm({.eps = 0.01, .step = 0.001})(evaluator, task, [&](const AttackStep& step) {
    losses.emplace_back(step.objective.begin(), step.objective.end());
  });
  ASSERT_EQ(losses.size(), 10u);
  Index higher = 0;
  for (std::size_t row = 0; row < 20; ++row) {
    EXPECT_GT(losses[0][row], 0);
    higher += losses[9][row] > losses[0][row];
  }
  EXPECT_GE(higher, 19);
}

TEST(Igsm, BeatsFgsmAtEqualEps) {
  const auto network = small_conv_network(10, {12}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {100, 3, 8, 8}, 13);
  const Tensor once = evaluator.logits(Fgsm({.eps = 0.1})(evaluator, task).images);
  const Tensor often = evaluator.logits(Igsm({.eps = 0.1, .step = 0.02})(evaluator, task).images);
  const Values loss_once = cross_entropy(once, task.truth).to_host_double();
  const Values loss_often = cross_entropy(often, task.truth).to_host_double();
  Index better = 0;
  for (std::size_t row = 0; row < 100; ++row) better += loss_often[row] >= loss_once[row];
  EXPECT_GE(better, 95);
}

TEST(Igsm, TargetedReachesItsTarget) {
  const auto network = perceptron({12, 20, 4}, {14}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({40, 1, 3, 4}, {}, {15}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + 1) % 4;
  task.targets = labels_of(targets, reference());
  const Outcome outcome = Igsm({.eps = 1, .step = 0.05, .iterations = 30})(evaluator, task);
  Index reached = 0;
  for (std::size_t row = 0; row < 40; ++row) {
    const AttackRecord& record = outcome.records[row];
    EXPECT_EQ(record.status == AttackStatus::success, record.adversarial_class == targets[row]);
    reached += record.status == AttackStatus::success;
  }
  EXPECT_GE(reached, 35);
}

TEST(Igsm, RefusesStepsThatAreNone) {
  EXPECT_THROW(Igsm({.iterations = 0}), Error);
  EXPECT_THROW(Igsm({.step = -0.1}), Error);
  EXPECT_THROW(Igsm({.eps = -0.1}), Error);
}

class IgsmOnDevice : public AttackOnDevice {};

TEST_P(IgsmOnDevice, StopsRowsAndStepsAsOnTheReference) {
  const IgsmOptions options{.eps = 0.5, .step = 0.0625, .iterations = 6, .early_stop = EarlyStop::at_success};
  const std::vector<Values> images = {{0.15625}, {0.03125}, {0.96875}, {0.28125}};
  const auto network = affine_network({{1}, {-1}}, {0, 0}, device());
  Evaluator evaluator(*network, device());
  const Outcome outcome = Igsm(options)(evaluator, line_task(images, {0, 0, 0, 0}, device()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(-0.03125, -0.03125, 0.59375, -0.03125));
}

TEST_P(IgsmOnDevice, ReusesItsMemory) {
  const auto network = perceptron({64, 32, 4}, {16}, device());
  Evaluator evaluator(*network, device());
  AttackTask task;
  task.images = uniform({32, 1, 8, 8}, {}, {17}, device());  // one piece, so that no thread races for a block
  task.truth = answers_of(evaluator, task.images);
  std::vector<std::size_t> allocations;
  Igsm({.eps = 0.02, .iterations = 40})(evaluator, task, [&](const AttackStep&) {
    allocations.push_back(device().pool().statistics().system_allocations);
  });
  ASSERT_EQ(allocations.size(), 40u);
  EXPECT_EQ(allocations[39], allocations[2]) << "a steady step asks the system for nothing";
}

INSTANTIATE_TEST_SUITE_P(Devices, IgsmOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
