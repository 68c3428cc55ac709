// Stochastic gradient descent against numbers worked out by hand from the definition in PyTorch's
// documentation:
//   g = gradient + decay * w;  b = momentum * b + g;  w = w - rate * (g + momentum * b)   (nesterov)
#include "optim/sgd.h"

#include <gmock/gmock.h>

#include "tests/optim/gradients_of.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

TEST(Sgd, FollowsTheHandComputedNesterovSteps) {
  Parameter weight = parameter_of("w", {1.0f, -2.0f}, {1, 2});
  Sgd sgd({&weight}, {.momentum = 0.5, .kind = Momentum::nesterov, .weight_decay = 0});
  // Step 1: b = (2, 4); w = (1, -2) - 0.1 * ((2, 4) + 0.5 * (2, 4)) = (0.7, -2.6).
  sgd.step(gradients_of({{&weight, {2, 4}}}), {.rate = 0.1});
  EXPECT_THAT(weight.value.to_host(), ElementsAre(FloatEq(0.7f), FloatEq(-2.6f)));
  EXPECT_THAT(sgd.state()[0].value.to_host(), ElementsAre(FloatEq(2), FloatEq(4)));
  // Step 2: b = (0, 1) + 0.5 * (2, 4) = (1, 3); w = (0.7, -2.6) - 0.2 * ((0, 1) + 0.5 * (1, 3)) = (0.6,
  // -3.1).
  sgd.step(gradients_of({{&weight, {0, 1}}}), {.rate = 0.2});
  EXPECT_THAT(weight.value.to_host(), ElementsAre(FloatNear(0.6f, 1e-6f), FloatNear(-3.1f, 1e-6f)));
  EXPECT_THAT(sgd.state()[0].value.to_host(), ElementsAre(FloatEq(1), FloatEq(3)));
}

TEST(Sgd, FollowsTheHandComputedHeavyBallSteps) {
  Parameter weight = parameter_of("w", {1.0f}, {1, 1});
  Sgd sgd({&weight}, {.momentum = 0.5, .kind = Momentum::heavy_ball, .weight_decay = 0});
  sgd.step(gradients_of({{&weight, {2}}}), {.rate = 0.1});  // b = 2, w = 0.8
  sgd.step(gradients_of({{&weight, {1}}}), {.rate = 0.1});  // b = 2, w = 0.6
  EXPECT_THAT(weight.value.to_host(), ElementsAre(FloatNear(0.6f, 1e-6f)));
}

TEST(Sgd, DecaysMatricesAndLeavesVectorsFree) {
  Parameter matrix = parameter_of("fc1.weight", {2.0f}, {1, 1});
  Parameter vector = parameter_of("fc1.bias", {2.0f}, {1});
  Sgd sgd({&matrix, &vector}, {.momentum = 0, .weight_decay = 0.25});
  sgd.step(gradients_of({{&matrix, {0}}, {&vector, {0}}}), {.rate = 0.1});
  EXPECT_THAT(matrix.value.to_host(), ElementsAre(FloatEq(1.95f)));  // 2 - 0.1 * 0.25 * 2
  EXPECT_THAT(vector.value.to_host(), ElementsAre(FloatEq(2)));
}

TEST(Sgd, ScalesTheGradientButNotTheDecay) {
  Parameter matrix = parameter_of("w", {2.0f}, {1, 1});
  Sgd sgd({&matrix}, {.momentum = 0, .weight_decay = 0.25});
  sgd.step(gradients_of({{&matrix, {4}}}), {.rate = 0.1, .gradient_factor = 0.5});
  EXPECT_THAT(matrix.value.to_host(), ElementsAre(FloatEq(1.75f)));  // 2 - 0.1 * (0.5 * 4 + 0.25 * 2)
}

TEST(Sgd, LeavesGradientsAndOtherHoldersOfTheWeightAlone) {
  Parameter weight = parameter_of("w", {1.0f}, {1, 1});
  const Tensor before = weight.value;
  const Gradients gradients = gradients_of({{&weight, {3}}});
  Sgd sgd({&weight}, {});
  sgd.step(gradients, {.rate = 0.1});
  EXPECT_THAT(gradients[weight].to_host(), ElementsAre(3.0f));
  EXPECT_THAT(before.to_host(), ElementsAre(1.0f));
  EXPECT_NE(weight.value.to_host(), before.to_host());
}

TEST(Sgd, NamesItsState) {
  Parameter weight = parameter_of("fc1.weight", {1}, {1, 1});
  EXPECT_EQ(Sgd({&weight}, {}).state()[0].name, "momentum/fc1.weight");
}

TEST(Sgd, RefusesAParameterWithoutAGradient) {
  Parameter known = parameter_of("known", {1}, {1, 1}), unknown = parameter_of("unknown", {1}, {1, 1});
  Sgd sgd({&known, &unknown}, {});
  EXPECT_THROW(sgd.step(gradients_of({{&known, {1}}}), {.rate = 0.1}), Error);
}

TEST(Sgd, MovesNothingWhereOneGradientIsMissing) {
  Parameter first = parameter_of("first", {1.0f}, {1, 1}), second = parameter_of("second", {1.0f}, {1, 1});
  Sgd sgd({&first, &second}, {});
  EXPECT_THROW(sgd.step(gradients_of({{&first, {3}}}), {.rate = 0.1}), Error);
  EXPECT_THAT(first.value.to_host(), ElementsAre(1));
  EXPECT_THAT(sgd.state()[0].value.to_host(), ElementsAre(0));
}

TEST(Sgd, RefusesOptionsOutsideTheirRange) {
  EXPECT_THROW(Sgd({}, {.momentum = 1}), Error);
  EXPECT_THROW(Sgd({}, {.momentum = -0.1}), Error);
  EXPECT_THROW(Sgd({}, {.weight_decay = -1}), Error);
}

}  // namespace
}  // namespace weir
