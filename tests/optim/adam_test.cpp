// Adam and AdamW against the formulas of PyTorch's documentation, written out in double precision:
//   g = gradient + decay * w  (Adam);  w = (1 - rate * decay) * w  (AdamW)
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w = w - rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
#include "optim/adam.h"

#include <cmath>
#include <gmock/gmock.h>

#include "tests/optim/gradients_of.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

/// One weight by the formulas above.
struct Formula {
  AdamOptions options;
  double weight = 0, mean = 0, square = 0, t = 0;

  void step(double gradient, double rate) {
    const bool decoupled = options.kind == WeightDecay::decoupled;
    const double g = gradient + (decoupled ? 0 : options.weight_decay * weight);
    if (decoupled) weight *= 1 - rate * options.weight_decay;
    t += 1;
    mean = options.beta1 * mean + (1 - options.beta1) * g;
    square = options.beta2 * square + (1 - options.beta2) * g * g;
    weight -= rate * (mean / (1 - std::pow(options.beta1, t))) /
              (std::sqrt(square / (1 - std::pow(options.beta2, t))) + options.epsilon);
  }
};

TEST(Adam, StepsByTheRateAtFirstWhateverTheGradientsLength) {
  Parameter weight = parameter_of("w", {1, 1, 1}, {1, 3});
  Adam adam({&weight}, {});
  adam.step(gradients_of({{&weight, {1e-3f, -7, 0}}}), {.rate = 0.1});
  // Up to epsilon / |g| of the step, and to roundings of numbers near 1.
  EXPECT_THAT(weight.value.to_host(),
              ElementsAre(FloatNear(0.9f, 0.1f * 1e-5f + 2e-7f), FloatNear(1.1f, 2e-7f), FloatEq(1)));
}

TEST(Adam, FollowsItsFormulasForBothKindsOfDecay) {
  for (const WeightDecay kind : {WeightDecay::in_gradient, WeightDecay::decoupled}) {
    const AdamOptions options{
        .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.25, .kind = kind};
    Parameter weight = parameter_of("w", {2}, {1, 1});
    Adam adam({&weight}, options);
    Formula formula{.options = options, .weight = 2};
    for (const float gradient : {0.5f, -2.0f, 0.0f, 3.0f, 0.01f}) {
      adam.step(gradients_of({{&weight, {gradient}}}), {.rate = 0.1});
      formula.step(static_cast<double>(gradient), 0.1);
      // A few roundings of numbers near 2 in each of at most five steps.
      EXPECT_NEAR(weight.value.to_host()[0], formula.weight, 5 * 4 * 2 * 6e-8);
    }
    EXPECT_NEAR(adam.state()[1].value.item(), formula.mean, 1e-6);
    EXPECT_NEAR(adam.state()[2].value.item(), formula.square, 1e-6);
  }
}

TEST(Adam, ScalesTheGradientButNotTheDecay) {
  const AdamOptions options{.epsilon = 1, .weight_decay = 0.5, .kind = WeightDecay::in_gradient};
  Parameter clipped = parameter_of("w", {2}, {1, 1}), halved = parameter_of("w", {2}, {1, 1});
  Adam first({&clipped}, options), second({&halved}, options);
  first.step(gradients_of({{&clipped, {4}}}), {.rate = 0.1, .gradient_factor = 0.5});
  second.step(gradients_of({{&halved, {2}}}), {.rate = 0.1});
  EXPECT_EQ(clipped.value.to_host(), halved.value.to_host());
}

TEST(Adam, DecaysMatricesAndLeavesVectorsFree) {
  for (const WeightDecay kind : {WeightDecay::in_gradient, WeightDecay::decoupled}) {
    Parameter matrix = parameter_of("fc1.weight", {2}, {1, 1}), vector = parameter_of("fc1.bias", {2}, {1});
    Adam adam({&matrix, &vector}, {.weight_decay = 0.25, .kind = kind});
    adam.step(gradients_of({{&matrix, {0}}, {&vector, {0}}}), {.rate = 0.1});
    const double expected = kind == WeightDecay::decoupled ? 2 * (1 - 0.1 * 0.25) : 2 - 0.1;
    EXPECT_NEAR(matrix.value.to_host()[0], expected, 1e-6);
    EXPECT_THAT(vector.value.to_host(), ElementsAre(FloatEq(2)));
  }
}

TEST(Adam, GoesOnFromARestoredState) {
  Parameter whole = parameter_of("w", {1, 2}, {1, 2}), broken = parameter_of("w", {1, 2}, {1, 2});
  Adam one({&whole}, {}), before({&broken}, {}), after({&broken}, {});
  for (const float gradient : {1.0f, -3.0f}) {
    one.step(gradients_of({{&whole, {gradient, 2}}}), {.rate = 0.1});
    before.step(gradients_of({{&broken, {gradient, 2}}}), {.rate = 0.1});
  }
  for (std::size_t i = 0; i < after.state().size(); ++i) {
    EXPECT_EQ(after.state()[i].name, before.state()[i].name);
    after.state()[i].value = before.state()[i].value;
  }
  one.step(gradients_of({{&whole, {0.5f, 2}}}), {.rate = 0.1});
  after.step(gradients_of({{&broken, {0.5f, 2}}}), {.rate = 0.1});
  EXPECT_EQ(whole.value.to_host(), broken.value.to_host());
}

TEST(Adam, NamesItsState) {
  Parameter weight = parameter_of("fc1.weight", {1}, {1, 1});
  Adam adam({&weight}, {});
  std::vector<std::string> names;
  for (const Parameter& value : adam.state()) names.push_back(value.name);
  EXPECT_THAT(names, ElementsAre("steps", "mean/fc1.weight", "mean_square/fc1.weight"));
}

TEST(Adam, ChangesNothingWhenAGradientIsMissing) {
  Parameter known = parameter_of("known", {1}, {1, 1}), unknown = parameter_of("unknown", {1}, {1, 1});
  Adam adam({&known, &unknown}, {});
  EXPECT_THROW(adam.step(gradients_of({{&known, {1}}}), {.rate = 0.1}), Error);
  EXPECT_THAT(known.value.to_host(), ElementsAre(1.0f));
  EXPECT_EQ(adam.state()[0].value.item(), 0);
}

TEST(Adam, RefusesOptionsOutsideTheirRange) {
  EXPECT_THROW(Adam({}, {.beta1 = 1}), Error);
  EXPECT_THROW(Adam({}, {.beta2 = -0.1}), Error);
  EXPECT_THROW(Adam({}, {.epsilon = 0}), Error);
  EXPECT_THROW(Adam({}, {.weight_decay = -1}), Error);
}

}  // namespace
}  // namespace weir
