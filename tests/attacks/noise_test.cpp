#include "attacks/noise.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/pgd.h"
#include "attacks/summary.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::Each;
using testing::ElementsAre;

Device& reference() { return Device::reference(); }

TEST(Noise, IsAsLongAsItWasToldInEitherNorm) {
  const auto network = perceptron({30, 20, 5}, {1}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {50, 1, 5, 6}, 2);
  task.pixels = {-3, 3};  // all pixels are interior: nothing is cut off
  for (const RandomValues values : {RandomValues::sign, RandomValues::uniform, RandomValues::gaussian})
    for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2})
      for (const AttackRecord& record :
           Noise({.norm = norm, .eps = 0.5, .values = values})(evaluator, task).records) {
        EXPECT_NEAR(norm_of(record.distortion, norm), 0.5, 1e-5);
        if (values == RandomValues::sign) {
          EXPECT_NEAR(record.distortion.linf, norm == PixelNorm::linf ? 0.5 : 0.5 / std::sqrt(30), 1e-5);
        }
      }
}

TEST(Noise, AsksForNoGradient) {
  const auto network = perceptron({30, 20, 5}, {3}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome =
      Noise({.eps = 0.01, .repeats = 3})(evaluator, random_task(evaluator, {20, 1, 5, 6}, 4));
  EXPECT_EQ(outcome.crafting.backwards, 0);
  Index forwards = 0;
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.forwards, record.iterations);
    forwards += record.forwards;
  }
  EXPECT_EQ(outcome.crafting.forwards, forwards);
}

TEST(Noise, TriesAgainAndKeepsTheDrawThatCameClosest) {
  const auto network = perceptron({30, 20, 5}, {5}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {100, 1, 5, 6}, 6);
  const Outcome once = Noise({.eps = 0.2})(evaluator, task),
                often = Noise({.eps = 0.2, .repeats = 10})(evaluator, task);
  for (std::size_t row = 0; row < 100; ++row) {
    const bool fooled = once.records[row].status == AttackStatus::success;
    if (fooled) {
      EXPECT_EQ(to_csv(often.records[row]), to_csv(once.records[row])) << "a row that fools is done";
    } else {
      EXPECT_GE(often.records[row].margin, once.records[row].margin);
    }
  }
  EXPECT_GT(summarise(often).success.hits, summarise(once).success.hits);
}

TEST(Noise, IsNoMatchForAnAttackOfTheSameNorm) {
  const auto network = small_conv_network(10, {7}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {60, 3, 8, 8}, 8);
  const Index noise = summarise(Noise({.eps = 0.1})(evaluator, task)).success.hits;
  const Index attack =
      summarise(Pgd({.eps = 0.1, .step = 0.025, .iterations = 10})(evaluator, task)).success.hits;
  EXPECT_LT(noise, attack / 2);
}

TEST(Noise, ObserversSeeEveryDraw) {
  const auto network = perceptron({6, 8, 3}, {9}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {5, 1, 2, 3}, 10);
  Index calls = 0;
  const Outcome outcome = Noise({.eps = 1e-6, .repeats = 4})(evaluator, task, [&](const AttackStep& step) {
    EXPECT_EQ(step.number, calls++);
    EXPECT_THAT(step.gradient.to_host_double(), Each(0)) << "noise follows none";
    EXPECT_EQ(step.objective.size(), step.rows.size());
  });
  EXPECT_EQ(calls, 4);
}

TEST(Noise, RefusesWhatIsNoNumberOfDraws) {
  EXPECT_THROW(Noise({.eps = -0.1}), Error);
  EXPECT_THROW(Noise({.repeats = 0}), Error);
}

class RandomRows : public AttackOnDevice {};

TEST_P(RandomRows, HaveTheMomentsOfTheirDistribution) {
  const Index count = 100000;
  const Tensor x = Tensor::zeros({1, count}, device());
  struct Expected {
    RandomValues values;
    double variance, fourth;
  };
  for (const Expected& e : {Expected{RandomValues::sign, 1, 1}, Expected{RandomValues::uniform, 1.0 / 3, 0.2},
                            Expected{RandomValues::gaussian, 1, 3}}) {
    double first = 0, second = 0, fourth = 0;
    for (const double v : random_rows(x, e.values, {{Rng{}}}).to_host_double()) {
      first += v / count;
      second += v * v / count;
      fourth += v * v * v * v / count;
    }
    // deviations of a mean of 100,000: at most 0.003, 0.005 and 0.03
    EXPECT_NEAR(first, 0, 0.015);
    EXPECT_NEAR(second, e.variance, 0.025);
    EXPECT_NEAR(fourth, e.fourth, 0.15);
  }
}

TEST_P(RandomRows, DoNotDependOnTheirCompany) {
  const std::vector<Rng> rngs = {Rng{}.split(1), Rng{}.split(2), Rng{}.split(3)};
  for (const RandomValues values : {RandomValues::sign, RandomValues::uniform, RandomValues::gaussian}) {
    const Tensor all = random_rows(Tensor::zeros({3, 7}, device()), values, rngs);
    const Tensor one = random_rows(Tensor::zeros({1, 7}, device()), values, {{rngs[1]}});
    EXPECT_TRUE(same_bits(one, all.batch_slice(1, 1)));
    EXPECT_FALSE(same_bits(one, all.batch_slice(2, 1)));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, RandomRows, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
