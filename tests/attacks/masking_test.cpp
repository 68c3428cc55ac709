#include "attacks/masking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "autograd/functions.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Device& reference() { return Device::reference(); }

TEST(Masking, ANetworkWithHonestGradientsShowsNoSign) {
  const auto network = perceptron({12, 30, 5}, {1}, reference());
  Evaluator evaluator(*network, reference());
  const MaskingDiagnosis found =
      diagnose_masking(evaluator, random_task(evaluator, {60, 1, 3, 4}, 2), {.eps = 0.1});
  EXPECT_THAT(signs_of_masking(found), IsEmpty());
  EXPECT_EQ(found.vanished.trials, 60);
  EXPECT_EQ(found.vanished.hits, 0);
  EXPECT_LT(found.sign_disagreement, 0.01);
  EXPECT_LT(found.noise.hits, found.many_steps.hits);
  EXPECT_GT(found.many_steps.hits, 5) << "an eps that fools nobody compares nothing";
}

TEST(Masking, SaturationIsFoundInEveryWay) {
  const auto network = perceptron({12, 30, 5}, {1}, reference());
  const Wrapped saturated(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 1000); });
  Evaluator evaluator(saturated, reference());
  const MaskingDiagnosis found =
      diagnose_masking(evaluator, random_task(evaluator, {60, 1, 3, 4}, 2), {.eps = 0.3});
  EXPECT_GT(found.vanished.hits, 40) << "scaling the logits has not made the network robust";
  EXPECT_GT(found.not_rising.hits, 40);
  EXPECT_GT(found.on_logits.hits, found.many_steps.hits + 20);
  const std::vector<std::string> signs = signs_of_masking(found);
  EXPECT_THAT(signs, Contains(HasSubstr("float arithmetic underflows")));
  EXPECT_THAT(signs, Contains(HasSubstr("climbing the logits' margin fools")));
  EXPECT_THAT(signs, Contains(HasSubstr("is no higher after 20 steps than before")));
}

TEST(Masking, ConfidenceBelowFullIsComparedSignBySign) {
  // leads of 17 and more: p_y is not quite 1 for some rows, and what is left has lost most of its digits
  const auto network = perceptron({12, 30, 5}, {3}, reference());
  const Wrapped sharp(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 16); });
  Evaluator evaluator(sharp, reference());
  const MaskingDiagnosis found =
      diagnose_masking(evaluator, random_task(evaluator, {200, 1, 3, 4}, 4), {.eps = 0.1});
  EXPECT_GT(found.sign_disagreement, 0.05);
  EXPECT_THAT(signs_of_masking(found), Contains(HasSubstr("of the gradients' signs")));
}

TEST(Masking, AZigzagMakesOneStepBetterThanMany) {
  // along x the network is 0.4 below at the start, class 1 only beyond 0.5, and a wall of the loss between
  // stops small steps: z1 - z0 = -1 + 4 relu(-x) - 8 relu(-x - 0.1) + 16 relu(-x - 0.4)
  const auto hidden = affine_network({{-1}, {-1}, {-1}}, {0, -0.1, -0.4}, reference());
  const auto top = affine_network({{0, 0, 0}, {4, -8, 16}}, {1, 0}, reference());
  const Wrapped wall(*hidden, [&](const Module& inner, const Var& x) { return (*top)(relu(inner(x))); });
  Evaluator evaluator(wall, reference());
  const std::vector<Values> images = {{-0.01}, {-0.015}, {-0.02}, {-0.025}, {-0.03}, {-0.035}};
  const AttackTask task = line_task(images, {0, 0, 0, 0, 0, 0}, reference());
  const MaskingDiagnosis found = diagnose_masking(evaluator, task, {.eps = 0.8});
  EXPECT_EQ(found.one_step.hits, 6);
  EXPECT_EQ(found.many_steps.hits, 0);
  EXPECT_THAT(signs_of_masking(found), Contains(HasSubstr("one step fools 6 of 6 inputs")));
}

TEST(Masking, AFewInputsRaiseNoSuspicion) {
  const auto diagnosis = [](Index n) {
    MaskingDiagnosis d;
    d.one_step = d.on_logits = d.noise = rate_of(n / 2, n);
    d.many_steps = d.not_rising = rate_of(n / 4, n);
    d.vanished = rate_of(0, n);
    return d;
  };
  EXPECT_THAT(signs_of_masking(diagnosis(4)), IsEmpty()) << "2 of 4 and 1 of 4 may well be the same rate";
  EXPECT_THAT(signs_of_masking(diagnosis(400)), testing::SizeIs(4));
}

TEST(Masking, IsNotLookedForWhereNothingMoves) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  EXPECT_THROW(diagnose_masking(evaluator, line_task({{0.5}}, {0}, reference()), {.eps = 0}), Error);
}

TEST(Masking, EveryAttackCountsTheGradientsThatItFoundToBeZero) {
  const auto hidden = affine_network({{-1}}, {0.5}, reference());
  const auto top = affine_network({{-1}, {1}}, {2, 0}, reference());
  const Wrapped shut(*hidden, [&](const Module& inner, const Var& x) { return (*top)(relu(inner(x))); });
  Evaluator evaluator(shut, reference());
  const AttackTask task = line_task({{0.75}, {0.25}, {0.875}, {0.75}}, {0, 0, 0, 1}, reference());
  const Rate zero = summarise(Fgsm()(evaluator, task)).zero_gradients;
  EXPECT_EQ(zero.hits, 2);
  EXPECT_EQ(zero.trials, 3) << "the last input was wrong from the start";
}

}  // namespace
}  // namespace weir
