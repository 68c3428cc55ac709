#include "attacks/pgd.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "attacks/summary.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(Pgd, OnAnAffineModelItEndsAtTheWorstCornerFromAnywhere) {
  const auto network = affine_network({{1, -2, 0.5}, {0, 1, 0.25}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, -0.25, 0.125}}, {0}, reference());
  const PgdOptions options{.eps = 0.0625, .step = 0.015625, .iterations = 10};
  const Outcome outcome = Pgd(options)(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.4375, -0.1875, 0.0625));
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
}

TEST(Pgd, InL2ItEndsStraightAheadOnTheSphere) {
  // the margin falls fastest along (-3, 4): no point of the ball lowers it by more than eps * 5
  const auto network = affine_network({{3, 0}, {0, 4}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.125, -0.25}}, {0}, reference());
  const PgdOptions options{
      .norm = PixelNorm::l2, .eps = 0.25, .step = 0.0625, .iterations = 400, .seed = SeedScale::scaled};
  const Values found = Pgd(options)(evaluator, task).images.to_host_double();
  // after t steps along the sphere the angle left shrinks by 1 / (1 + step / eps) each
  EXPECT_TRUE(within(found, {0.125 - 0.15, -0.25 + 0.2}, {1e-5, 1e-5}));
}

TEST(Pgd, FromTheCleanInputWithoutRestartsItIsIgsm) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {50, 3, 8, 8}, 2);
  for (const EarlyStop stop : {EarlyStop::none, EarlyStop::at_success}) {
    const Outcome pgd =
        Pgd({.eps = 0.03, .step = 0.008, .iterations = 7, .start = Start::clean, .early_stop = stop})(
            evaluator, task);
    const Outcome igsm =
        Igsm({.eps = 0.03, .step = 0.008, .iterations = 7, .early_stop = stop})(evaluator, task);
    EXPECT_TRUE(same_bits(pgd.images, igsm.images));
  }
}

TEST(Pgd, ARowThatFoolsIsDone) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {50, 3, 8, 8}, 4);
  const PgdOptions options{.eps = 0.03, .step = 0.002, .iterations = 6, .restarts = 4};
  Index early = 0, late = 0;
  const Outcome outcome = Pgd(options)(evaluator, task);
  for (const AttackRecord& record : outcome.records) {
    const bool won = record.status == AttackStatus::success;
    early += won && record.iterations < 6;
    late += won && record.iterations > 6;
    if (won) {
      EXPECT_EQ(record.first_success, record.iterations);
    } else {
      EXPECT_EQ(record.iterations, 4 * 6);
      EXPECT_EQ(record.forwards, 4 * 7) << "the last image of each restart is looked at, too";
      EXPECT_EQ(record.backwards, 4 * 6);
    }
  }
  EXPECT_GT(early, 0);
  EXPECT_GT(late, 0) << "no restart was of use";
}

TEST(Pgd, RecordsAddUpToWhatTheEvaluatorCounted) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = Pgd({.eps = 0.03, .step = 0.0075, .iterations = 5, .restarts = 3})(
      evaluator, random_task(evaluator, {70, 3, 8, 8}, 6));
  Index forwards = 0, backwards = 0;
  for (const AttackRecord& record : outcome.records) {
    forwards += record.forwards;
    backwards += record.backwards;
  }
  EXPECT_EQ(outcome.crafting.forwards, forwards);
  EXPECT_EQ(outcome.crafting.backwards, backwards);
  EXPECT_LT(backwards, 70 * 15) << "no row stopped early";
}

TEST(Pgd, FailuresReturnTheAttemptOfTheHighestLoss) {
  const auto network = small_conv_network(10, {7}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 8);
  const auto margins = [&](Index restarts) {
    const Outcome outcome =
        Pgd({.eps = 0.004, .step = 0.002, .iterations = 2, .restarts = restarts, .loss = Loss::margin})(
            evaluator, task);
    Values result;
    for (const AttackRecord& record : outcome.records) result.push_back(record.margin);
    return result;
  };
  const Values once = margins(1), often = margins(5);
  Index better = 0;
  for (std::size_t row = 0; row < once.size(); ++row) {
    if (once[row] < 0) {  // a failure's margin is what was climbed
      EXPECT_GE(often[row], once[row] - 1e-5) << row;
    }
    better += often[row] > once[row];
  }
  EXPECT_GT(better, 10);
}

TEST(Pgd, LooksOnlyAtTheEndWhenToldNotToStopEarly) {
  // margin 2 x: the first steps fool, and the way back is shut by the range
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = Pgd(
      {.eps = 0.5, .step = 0.0625, .iterations = 4, .start = Start::clean, .early_stop = EarlyStop::none})(
      evaluator, line_task({{0.09375}}, {0}, reference()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.09375 - 0.25));
  EXPECT_EQ(outcome.records[0].iterations, 4);
  EXPECT_EQ(outcome.records[0].first_success, 2);
}

TEST(Pgd, MarginLossesSeeThroughSaturation) {
  const auto network = perceptron({12, 30, 5}, {9}, reference());
  const Wrapped saturated(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 1000); });
  Evaluator evaluator(saturated, reference());
  AttackTask task;
  task.images = uniform({40, 1, 3, 4}, {}, {10}, reference());
  task.truth = answers_of(evaluator, task.images);
  const auto success = [&](Loss loss, SeedScale scale) {
    const PgdOptions options{.eps = 0.5, .step = 0.1, .start = Start::clean, .loss = loss, .seed = scale};
    return summarise(Pgd(options)(evaluator, task)).success.hits;
  };
  const Index masked = success(Loss::cross_entropy, SeedScale::faithful);
  EXPECT_LT(masked, 15);
  EXPECT_GT(success(Loss::cross_entropy, SeedScale::scaled), masked + 10);
  EXPECT_GT(success(Loss::margin, SeedScale::faithful), masked + 10);
  EXPECT_GT(success(Loss::dlr, SeedScale::faithful), masked + 10);
}

TEST(Pgd, TargetedReachesItsTargetInBothNorms) {
  const auto network = perceptron({12, 20, 4}, {11}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({40, 1, 3, 4}, {}, {12}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + 1) % 4;
  task.targets = labels_of(targets, reference());
  for (const Loss loss : {Loss::cross_entropy, Loss::margin, Loss::dlr})
    for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
      const double eps = norm == PixelNorm::linf ? 1 : 2.5;
      const Outcome outcome =
          Pgd({.norm = norm, .eps = eps, .step = eps / 20, .iterations = 30, .restarts = 3, .loss = loss})(
              evaluator, task);
      for (std::size_t row = 0; row < 40; ++row)
        EXPECT_EQ(outcome.records[row].status == AttackStatus::success,
                  outcome.records[row].adversarial_class == targets[row]);
      EXPECT_GE(summarise(outcome).success.hits, 35) << name_of(loss_names, loss);
    }
}

TEST(Pgd, DlrIsRefusedWhereThereAreTooFewClasses) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  try {
    Pgd({.loss = Loss::dlr})(evaluator, line_task({{0.5}}, {0}, reference()));
    FAIL() << "a third logit was read of two";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0227");
    EXPECT_EQ(error.diagnosis().message, "the loss `dlr` needs 3 classes, the network has 2");
  }
}

TEST(Pgd, OfEpsZeroIsTheIdentity) {
  const auto network = small_conv_network(10, {13}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {9, 3, 8, 8}, 14);
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2})
    EXPECT_TRUE(
        same_bits(Pgd({.norm = norm, .eps = 0, .iterations = 2})(evaluator, task).images, task.images));
}

TEST(Pgd, RefusesWhatIsNoNumberOfSteps) {
  EXPECT_THROW(Pgd({.eps = -0.1}), Error);
  EXPECT_THROW(Pgd({.step = std::nan("")}), Error);
  EXPECT_THROW(Pgd({.iterations = 0}), Error);
  EXPECT_THROW(Pgd({.restarts = 0}), Error);
}

class PgdOnDevice : public AttackOnDevice {};

TEST_P(PgdOnDevice, StartsAndStepsAsOnTheReference) {
  const Values images = floats(8 * 12, {-1, 1}, {15});
  const auto outcome_on = [&](Device& where, PixelNorm norm) {
    const auto network = perceptron({12, 9, 4}, {16}, where);
    Evaluator evaluator(*network, where);
    AttackTask task;
    task.images = tensor_of(images, {8, 1, 3, 4}, where);
    task.truth = answers_of(evaluator, task.images);
    return Pgd({.norm = norm, .eps = 0.1, .step = 0.025, .iterations = 1})(evaluator, task)
        .images.to_host_double();
  };
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2})
    EXPECT_TRUE(
        within(outcome_on(device(), norm), outcome_on(reference(), norm), Values(images.size(), 1e-6)));
}

INSTANTIATE_TEST_SUITE_P(Devices, PgdOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
