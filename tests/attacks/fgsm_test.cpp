#include "attacks/fgsm.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tensor/ops/pointwise.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(Fgsm, OnAnAffineModelItIsTheWorstCaseInTheBall) {
  // margin of class 0 is (w0 - w1) x; no point of the ball lowers it by more than eps * |w0 - w1|_1
  const auto network = affine_network({{1, -2, 0.5}, {0, 1, 0.25}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, -0.25, 0.125}}, {0}, reference());
  const Outcome outcome = Fgsm({.eps = 0.0625})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.4375, -0.1875, 0.0625));
  const double before = 0.5 + 0.75 + 0.25 * 0.125;
  EXPECT_DOUBLE_EQ(outcome.records[0].margin, -(before - 0.0625 * (1 + 3 + 0.25)));
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
}

TEST(Fgsm, SucceedsExactlyWhenTheMarginIsSmallerThanEpsTimesTheL1Norm) {
  const auto network = affine_network({{1, -2}, {-1, 1}}, {0, 0}, reference());  // |w0 - w1|_1 = 5
  Evaluator evaluator(*network, reference());
  // margins 2 x0 - 3 x1: 0.25 and 0.375, against 5 * 0.0625 = 0.3125
  const AttackTask task = line_task({{0.125, 0}, {0.1875, 0}}, {0, 0}, reference());
  const Outcome outcome = Fgsm({.eps = 0.0625})(evaluator, task);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::success);
  EXPECT_DOUBLE_EQ(outcome.records[0].margin, 0.0625);
  EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_budget);
  EXPECT_DOUBLE_EQ(outcome.records[1].margin, -0.0625);
}

TEST(Fgsm, OfEpsZeroIsTheIdentity) {
  const auto network = small_conv_network(5, {1}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({7, 3, 8, 8}, {}, {2}, reference());
  task.truth = answers_of(evaluator, task.images);
  const Outcome outcome = Fgsm({.eps = 0})(evaluator, task);
  EXPECT_TRUE(same_bits(outcome.images, task.images));
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.status, AttackStatus::fail_budget);
    EXPECT_EQ(record.distortion.l0_features, 0);
  }
}

TEST(Fgsm, IsClippedToThePixelRange) {
  const auto network = affine_network({{1, -1, 1}, {-1, 1, -1}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{-0.9375, 0.9375, 0}}, {0}, reference());
  const Outcome outcome = Fgsm({.eps = 0.25})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(-1, 1, -0.25));
}

TEST(Fgsm, TargetedDescendsTheLossOfTheTarget) {
  // away from class 0 it would follow class 1, whose row is larger; the target is class 2
  const auto network = affine_network({{0, 0}, {4, -4}, {-1, 1}}, {1, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0, 0}}, {0}, reference());
  const Outcome untargeted = Fgsm({.eps = 0.5})(evaluator, task);
  EXPECT_THAT(untargeted.images.to_host_double(), ElementsAre(0.5, -0.5));
  task.targets = labels_of({2}, reference());
  const Outcome targeted = Fgsm({.eps = 0.5})(evaluator, task);
  EXPECT_THAT(targeted.images.to_host_double(), ElementsAre(-0.5, 0.5));
  EXPECT_EQ(targeted.records[0].target, 2);
  EXPECT_EQ(targeted.records[0].status, AttackStatus::fail_budget)
      << "class 0 and 2 tie at 1, and the first one wins";
}

TEST(Fgsm, TargetedNeedsTheTargetAndNotJustAnyError) {
  const auto network = affine_network({{0}, {4}, {5}}, {1, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0}}, {0}, reference());
  task.targets = labels_of({1}, reference());
  const Outcome outcome = Fgsm({.eps = 0.5})(evaluator, task);
  ASSERT_EQ(outcome.records[0].adversarial_class, 2) << "the test wants a wrong class that is not the target";
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
}

TEST(Fgsm, IsWhatTheLessonWritesWithATape) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({40, 3, 8, 8}, {}, {4}, reference());
  task.truth = answers_of(evaluator, task.images);

  Tape tape(Mode::evaluate);
  const Var x = tape.input(task.images, "images");
  const Var loss = cross_entropy((*network)(x), task.truth);
  const Tensor gradient = tape.backward(loss)[x];
  const Tensor attacked = clip(task.images + 0.025 * sign(gradient), Range{-1, 1});

  EXPECT_TRUE(same_bits(Fgsm()(evaluator, task).images, attacked));
}

TEST(Fgsm, LossesAreSummedNotAveraged) {
  const auto network = perceptron({6, 8, 4}, {5}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({9, 1, 2, 3}, {}, {6}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<Values> gradients;
  const AttackObserver keep = [&](const AttackStep& step) {
    gradients.push_back(step.gradient.to_host_double());
  };
  Fgsm()(evaluator, task, keep);
  Fgsm()(evaluator, rows_of(task, {0}), keep);
  gradients[0].resize(6);
  EXPECT_TRUE(same_bits(gradients[0], gradients[1]));
}

TEST(Fgsm, TiedPredictionsShareTheLabel) {
  // classes 0 and 1 tie: the prediction's gradient is that of pushing both down, the truth's that of class 0
  // alone
  const auto network = affine_network({{1, 0, 1}, {0, 1, 1}, {0, 0, -1}}, {2, 2, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0, 0, 0}}, {0}, reference());
  const auto moved = [&](LabelSource label) {
    return Fgsm({.eps = 0.5, .label = label})(evaluator, task).images.to_host_double();
  };
  EXPECT_THAT(moved(LabelSource::prediction), ElementsAre(-0.5, -0.5, -0.5));
  EXPECT_THAT(moved(LabelSource::truth), ElementsAre(-0.5, 0.5, -0.5));
}

TEST(Fgsm, CostsOneForwardAndOneBackwardAnImage) {
  const auto network = perceptron({4, 8, 3}, {7}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({37, 1, 2, 2}, {}, {8}, reference());
  task.truth = answers_of(evaluator, task.images);
  const Outcome outcome = Fgsm()(evaluator, task);
  EXPECT_EQ(outcome.crafting.forwards, 37);
  EXPECT_EQ(outcome.crafting.backwards, 37);
  EXPECT_GT(outcome.crafting.seconds, 0);
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.forwards, 1);
    EXPECT_EQ(record.backwards, 1);
    EXPECT_EQ(record.iterations, 1);
  }
}

TEST(Fgsm, RefusesAnEpsThatIsNoDistance) {
  EXPECT_THROW(Fgsm({.eps = -0.1}), Error);
  EXPECT_THROW(Fgsm({.eps = std::nan("")}), Error);
  EXPECT_THROW(Fgsm({.eps = INFINITY}), Error);
}

class FgsmOnDevice : public AttackOnDevice {};

TEST_P(FgsmOnDevice, FindsTheWorstCaseOfAnAffineModel) {
  const auto network = affine_network({{1, -2, 0.5}, {0, 1, 0.25}}, {0, 0}, device());
  Evaluator evaluator(*network, device());
  const Outcome outcome = Fgsm({.eps = 0.0625})(evaluator, line_task({{0.5, -0.25, 0.125}}, {0}, device()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.4375, -0.1875, 0.0625));
  EXPECT_EQ(&outcome.images.device(), &device());
}

TEST_P(FgsmOnDevice, TakesImagesFromTheHost) {
  const auto network = affine_network({{1, -2}, {0, 1}}, {1, 0}, device());
  Evaluator evaluator(*network, device());
  const Outcome outcome = Fgsm({.eps = 0.5})(evaluator, line_task({{0, 0}}, {0}, reference()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(-0.5, 0.5));
}

INSTANTIATE_TEST_SUITE_P(Devices, FgsmOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
