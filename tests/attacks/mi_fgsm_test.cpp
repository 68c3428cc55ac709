#include "attacks/mi_fgsm.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "autograd/functions.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(MiFgsm, OfOneStepIsFgsm) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {35, 3, 8, 8}, 2);
  const Outcome one = MiFgsm({.eps = 0.1, .step = 0.1, .iterations = 1})(evaluator, task);
  EXPECT_TRUE(same_bits(one.images, Fgsm({.eps = 0.1})(evaluator, task).images));
}

TEST(MiFgsm, WithoutMemoryIsIgsm) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {35, 3, 8, 8}, 4);
  for (const EarlyStop stop : {EarlyStop::none, EarlyStop::at_success}) {
    const Outcome forgetful = MiFgsm(
        {.eps = 0.02, .step = 0.004, .iterations = 7, .decay = 0, .early_stop = stop})(evaluator, task);
    const Outcome igsm =
        Igsm({.eps = 0.02, .step = 0.004, .iterations = 7, .early_stop = stop})(evaluator, task);
    EXPECT_TRUE(same_bits(forgetful.images, igsm.images));
  }
}

/// Algorithm 1 of the paper in double, from the gradients that the attack saw.
class PaperLoop {
 public:
  PaperLoop(Values original, double eps, double step, double decay)
      : original_(original),
        x_(original),
        velocity_(original.size()),
        eps_(eps),
        step_(step),
        decay_(decay) {}
  const Values& x() const { return x_; }
  void follow(const Values& gradient) {
    double norm = 0;
    for (const double g : gradient) norm += std::abs(g);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      velocity_[i] = decay_ * velocity_[i] + gradient[i] / norm;
      const double sign = velocity_[i] > 0 ? 1 : velocity_[i] < 0 ? -1 : 0;
      x_[i] = std::clamp(x_[i] + step_ * sign, std::max(original_[i] - eps_, -1.0),
                         std::min(original_[i] + eps_, 1.0));
    }
  }

 private:
  Values original_, x_, velocity_;
  double eps_, step_, decay_;
};

TEST(MiFgsm, GoesOnWhereTheGradientIsDenormal) {
  // 1 / |g|_1 is no float, and times the zero of the second pixel it would be NaN
  const auto network = affine_network({{1e-40, 0}, {-1e-40, 0}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.5, 0.25}}, {0}, reference());
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
    MiFgsmOptions options{.eps = 0.25, .step = 0.0625, .iterations = 4};
    options.norm = norm;
    const Values moved = MiFgsm(options)(evaluator, task).images.to_host_double();
    EXPECT_NEAR(moved[0], 0.25, 1e-3);
    EXPECT_EQ(moved[1], 0.25);
  }
}

TEST(MiFgsm, FollowsTheRunningSumOfNormalisedGradients) {
  const auto network = perceptron({30, 20, 5}, {5}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({1, 1, 5, 6}, {}, {6}, reference());
  task.truth = answers_of(evaluator, task.images);
  PaperLoop paper(task.images.to_host_double(), 0.5, 0.09, 0.9);
  Index turned = 0;
  Values first;
  MiFgsm({.eps = 0.5, .step = 0.09, .iterations = 20, .decay = 0.9})(
      evaluator, task, [&](const AttackStep& step) {
        // a step rounds once, to half an ulp of a number below 1
        EXPECT_TRUE(within(step.images.to_host_double(), paper.x(), Values(30, 20 * 0x1p-24))) << step.number;
        const Values gradient = step.gradient.to_host_double();
        if (first.empty()) first = gradient;
        for (std::size_t i = 0; i < 30; ++i) turned += gradient[i] * first[i] < 0;
        paper.follow(gradient);
      });
  EXPECT_GT(turned, 20) << "gradients that never turn show no momentum";
}

TEST(MiFgsm, MomentumCarriesOnWhereTheGradientEnds) {
  // left of 0.25 the ReLU is shut: without memory a row stands still there
  const auto hidden = affine_network({{1}}, {-0.25}, reference());
  const auto top = affine_network({{1}, {-1}}, {2, 0}, reference());
  const Wrapped shut(*hidden, [&](const Module& inner, const Var& x) { return (*top)(relu(inner(x))); });
  Evaluator evaluator(shut, reference());
  const AttackTask task = line_task({{0.375}, {0.125}}, {0, 0}, reference());
  const MiFgsmOptions options{.eps = 1, .step = 0.125, .iterations = 4};
  const Outcome outcome = MiFgsm(options)(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.375 - 4 * 0.125, 0.125));
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
  EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_zero_gradient);
  EXPECT_EQ(outcome.records[1].backwards, 1) << "a row that cannot move is not asked about again";
}

TEST(MiFgsm, ANaNAfterTheFirstStepEndsItsRowAndIsSaid) {
  // between 0 and 0.5 the gradient is NaN, and the answer still a number: momentum would cross it
  const auto network = affine_network({{1}, {-1}}, {9, 0}, reference());
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    return broken_gradients(inner(x), [&](Index row) {
      const double pixel = x.value().to_host_double()[static_cast<std::size_t>(row)];
      return pixel > 0 && pixel < 0.5;
    });
  });
  Evaluator evaluator(broken, reference());
  const AttackTask task = line_task({{-0.5}, {0.5625}}, {0, 0}, reference());
  const Outcome outcome = MiFgsm({.eps = 1, .step = 0.125, .iterations = 4})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(-1, 0.4375));
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
  EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_nan);
  EXPECT_EQ(outcome.records[1].iterations, 1);
  EXPECT_EQ(outcome.records[1].backwards, 2);
}

TEST(MiFgsm, InL2AStepHasTheLengthItWasGiven) {
  const auto network = affine_network({{3, 0}, {0, 4}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const MiFgsmOptions options{
      .norm = PixelNorm::l2, .eps = 0.5, .step = 0.125, .iterations = 3, .seed = SeedScale::scaled};
  const Values found =
      MiFgsm(options)(evaluator, line_task({{0, 0}}, {0}, reference())).images.to_host_double();
  EXPECT_TRUE(within(found, {-0.375 * 0.6, 0.375 * 0.8}, {1e-6, 1e-6}));
}

TEST(MiFgsm, RefusesWhatIsNoNumberOfSteps) {
  EXPECT_THROW(MiFgsm({.eps = -0.1}), Error);
  EXPECT_THROW(MiFgsm({.step = -0.1}), Error);
  EXPECT_THROW(MiFgsm({.iterations = 0}), Error);
  EXPECT_THROW(MiFgsm({.decay = -1}), Error);
}

class MiFgsmOnDevice : public AttackOnDevice {};

TEST_P(MiFgsmOnDevice, StepsAddUpOnAnAffineModel) {
  const auto network = affine_network({{1, -2, 0}, {0, 1, 0}}, {9, 0}, device());
  Evaluator evaluator(*network, device());
  const AttackTask task = line_task({{0.5, -0.25, 0.125}}, {0}, device());
  const Outcome outcome = MiFgsm({.eps = 0.5, .step = 0.0625, .iterations = 3})(evaluator, task);
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.3125, -0.0625, 0.125));
}

INSTANTIATE_TEST_SUITE_P(Devices, MiFgsmOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
