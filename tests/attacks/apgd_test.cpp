#include "attacks/apgd.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/pgd.h"
#include "attacks/region.h"
#include "attacks/step_schedule.h"
#include "attacks/summary.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(StepSchedule, LooksAtTheCheckpointsOfThePaper) {
  EXPECT_THAT(step_checkpoints(100), ElementsAre(22, 41, 57, 70, 80, 87, 93, 99));
  EXPECT_THAT(step_checkpoints(10), ElementsAre(3, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(step_checkpoints(1), ElementsAre(1));
}

/// The objective of one row after each of ten steps -> the steps it was told to take.
Values steps_for(const Values& objective) {
  StepSchedule schedule(Values{0}, 10, 1);
  Values steps;
  for (const double value : objective) {
    steps.push_back(schedule.steps()[0]);
    schedule.note(Values{value});
  }
  return steps;
}

TEST(StepSchedule, ARowThatRisesKeepsItsStep) {
  EXPECT_THAT(steps_for({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), testing::Each(1));
}

TEST(StepSchedule, ARowThatOscillatesHalvesItsStep) {
  // two rises of three at checkpoint 3, one of two at 5
  EXPECT_THAT(steps_for({1, 0, 1, 2, 1, 3, 4, 5, 6, 7}),
              ElementsAre(1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25));
}

TEST(StepSchedule, ARowWithoutANewBestHalvesItsStepUnlessItJustDid) {
  StepSchedule schedule(Values{1000}, 100, 1);
  // far below the best and rising nearly all the time, so that it does not count as oscillating
  const auto step_after = [&](Index window) {
    for (Index i = 0; i < window; ++i) schedule.note(Values{static_cast<double>(i)});
    return schedule.steps()[0];
  };
  EXPECT_EQ(step_after(22), 0.5);
  EXPECT_EQ(step_after(41 - 22), 0.5);
  EXPECT_EQ(step_after(57 - 41), 0.25);
}

TEST(StepSchedule, HalvingSendsARowBackToItsBest) {
  StepSchedule schedule(Values{0, 0}, 10, 1);
  schedule.note(Values{5, 1});
  EXPECT_THAT(schedule.improved(), ElementsAre(true, true));
  schedule.note(Values{4, 2});
  EXPECT_THAT(schedule.improved(), ElementsAre(false, true));
  schedule.note(Values{3, 3});
  EXPECT_THAT(schedule.halved(), ElementsAre(true, false));
  EXPECT_THAT(schedule.best(), ElementsAre(5, 3));
  schedule.note(Values{5, 4});
  EXPECT_THAT(schedule.halved(), ElementsAre(false, false));
  // back at its best, 5 is no rise: of steps 4 and 5 only one was
  schedule.note(Values{6, 5});
  EXPECT_THAT(schedule.halved(), ElementsAre(true, false));
}

TEST(StepSchedule, RowsKeepTheirOwnStateWhenOthersLeave) {
  StepSchedule schedule(Values{0, 0, 0}, 10, 1);
  for (const Values& objective : {Values{1, 1, 1}, Values{2, 0, 2}, Values{3, 0, 3}})
    schedule.note(objective);
  schedule.keep(std::vector<Index>{1, 2});
  EXPECT_THAT(schedule.steps(), ElementsAre(0.5, 1));
  EXPECT_THAT(schedule.halved(), ElementsAre(true, false));
  EXPECT_THAT(schedule.best(), ElementsAre(1, 3));
}

TEST(Apgd, OnAnAffineModelItFindsTheWorstCase) {
  const auto network = affine_network({{1, -2, 0.5}, {0, 1, 0.25}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, -0.25, 0.125}}, {0}, reference());
  const Outcome outcome = Apgd({.eps = 0.0625, .iterations = 10})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.4375, -0.1875, 0.0625));
  // in l2 the best point lies eps along the normal (-1, 3, -1/4)
  const double norm = std::sqrt(1 + 9 + 1.0 / 16), eps = 0.125;
  const Values found =
      Apgd({.norm = PixelNorm::l2, .eps = eps, .iterations = 100})(evaluator, task).images.to_host_double();
  EXPECT_TRUE(
      within(found, {0.5 - eps / norm, -0.25 + 3 * eps / norm, 0.125 - 0.25 * eps / norm}, Values(3, 1e-3)));
}

TEST(Apgd, StepsAreThoseOfThePaper) {
  const auto network = perceptron({30, 20, 5}, {1}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({1, 1, 5, 6}, {}, {2}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<Tensor> x, g;
  Values objective;
  const double eps = 0.002;
  // to the first checkpoint: 9 of 40 steps, all of the first length
  Apgd({.eps = eps, .iterations = 40})(evaluator, task, [&](const AttackStep& step) {
    x.push_back(step.images);
    g.push_back(step.gradient);
    objective.push_back(step.objective[0]);
  });
  ASSERT_GE(x.size(), 10u) << "fooled too early to show anything";
  const Region region(task.images, {PixelNorm::linf, eps}, {-1, 1});
  for (std::size_t k = 0; k + 1 < 10; ++k) {
    const Values z = region.step(x[k], g[k], Values{2 * eps}).to_host_double(), now = x[k].to_host_double(),
                 before = x[k > 0 ? k - 1 : 0].to_host_double();
    Values mixed = z;
    if (k > 0)
      for (std::size_t i = 0; i < z.size(); ++i)
        mixed[i] = now[i] + 0.75 * (z[i] - now[i]) + 0.25 * (now[i] - before[i]);
    const Values expected =
        region.project(tensor_of(mixed, task.images.shape(), reference())).to_host_double();
    EXPECT_TRUE(within(x[k + 1].to_host_double(), expected, Values(z.size(), 4 * 0x1p-24))) << k;
  }
}

TEST(Apgd, TriesTheLikeliestWrongClassesOneAfterTheOther) {
  // class 1 is likelier than class 2, but only class 2 can be reached, and not on the way to class 1
  const auto network =
      affine_network({{0, 0}, {0, -0.1}, {0, 4}, {0, 0}, {0, 0}}, {1, 0.5, 0, -3, -3}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0, 0}}, {0}, reference());
  ApgdOptions options{.eps = 0.5,
                      .iterations = 5,
                      .loss = ApgdLoss::dlr_targeted,
                      .target_classes = 1,
                      .start = Start::clean};
  EXPECT_EQ(Apgd(options)(evaluator, task).records[0].status, AttackStatus::fail_budget);
  options.target_classes = 9;
  const AttackRecord record = Apgd(options)(evaluator, task).records[0];
  EXPECT_EQ(record.status, AttackStatus::success);
  EXPECT_EQ(record.adversarial_class, 2);
  EXPECT_EQ(record.iterations, 5 + 1);
  EXPECT_EQ(record.target, no_class) << "any wrong answer would have done";
}

TEST(Apgd, DoesBetterThanPgdWithStepsToMatch) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {60, 3, 8, 8}, 4);
  const double eps = 0.02;
  const auto hits = [&](const Attack& attack) { return summarise(attack(evaluator, task)).success.hits; };
  const Index pgd = hits(Pgd({.eps = eps, .step = eps / 4, .iterations = 20}));
  EXPECT_GE(hits(Apgd({.eps = eps, .iterations = 20})), pgd - 1);
  EXPECT_GE(hits(Apgd({.eps = eps, .iterations = 20, .loss = ApgdLoss::dlr_targeted})), pgd);
}

TEST(Apgd, RecordsAddUpToWhatTheEvaluatorCounted) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  for (const ApgdLoss loss : {ApgdLoss::cross_entropy, ApgdLoss::dlr, ApgdLoss::dlr_targeted}) {
    const Outcome outcome =
        Apgd({.eps = 0.01, .iterations = 6, .restarts = 2, .loss = loss, .target_classes = 3})(
            evaluator, random_task(evaluator, {50, 3, 8, 8}, 6));
    Index forwards = 0, backwards = 0;
    for (const AttackRecord& record : outcome.records) {
      forwards += record.forwards;
      backwards += record.backwards;
      if (record.status == AttackStatus::success) {
        EXPECT_EQ(record.first_success, record.iterations);
      } else {
        EXPECT_EQ(record.iterations, 6 * 2 * (loss == ApgdLoss::dlr_targeted ? 3 : 1));
      }
    }
    EXPECT_EQ(outcome.crafting.forwards, forwards);
    EXPECT_EQ(outcome.crafting.backwards, backwards);
  }
}

TEST(Apgd, TargetedGoesWhereItIsSent) {
  const auto network = perceptron({12, 20, 5}, {7}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({40, 1, 3, 4}, {}, {8}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + 1) % 5;
  task.targets = labels_of(targets, reference());
  for (const ApgdLoss loss : {ApgdLoss::cross_entropy, ApgdLoss::dlr, ApgdLoss::dlr_targeted}) {
    const Outcome outcome = Apgd({.eps = 1, .iterations = 30, .restarts = 2, .loss = loss})(evaluator, task);
    for (std::size_t row = 0; row < 40; ++row)
      EXPECT_EQ(outcome.records[row].status == AttackStatus::success,
                outcome.records[row].adversarial_class == targets[row]);
    EXPECT_GE(summarise(outcome).success.hits, 34);
  }
}

TEST(Apgd, RefusesWhatIsNoNumberOfSteps) {
  EXPECT_THROW(Apgd({.eps = -0.1}), Error);
  EXPECT_THROW(Apgd({.iterations = 0}), Error);
  EXPECT_THROW(Apgd({.restarts = 0}), Error);
  EXPECT_THROW(Apgd({.target_classes = 0}), Error);
}

class ApgdOnDevice : public AttackOnDevice {};

TEST_P(ApgdOnDevice, FindsTheWorstCaseOfAnAffineModel) {
  const auto network = affine_network({{1, -2, 0.5}, {0, 1, 0.25}}, {9, 0}, device());
  Evaluator evaluator(*network, device());
  const Outcome outcome =
      Apgd({.eps = 0.0625, .iterations = 10})(evaluator, line_task({{0.5, -0.25, 0.125}}, {0}, device()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.4375, -0.1875, 0.0625));
}

INSTANTIATE_TEST_SUITE_P(Devices, ApgdOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
