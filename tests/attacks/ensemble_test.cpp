#include "attacks/ensemble.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "attacks/objective.h"
#include "attacks/pgd.h"
#include "attacks/reading.h"
#include "attacks/summary.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Device& reference() { return Device::reference(); }

Values softmax_of(Values z) {
  double sum = 0;
  for (double& value : z) sum += value = std::exp(value);
  for (double& value : z) value /= sum;
  return z;
}

/// Two networks' logits for one image of class 1, and its cross-entropy seeds under a fusion.
struct Pair {
  Values first = {1, -2, 0.5}, second = {0.25, 1.5, -1};
  Values seeds(Fusion fusion, SeedScale scale = SeedScale::faithful) const {
    Values both = first;
    both.insert(both.end(), second.begin(), second.end());
    const Tensor label = tensor_of({0, 1, 0}, {1, 3}, reference());
    const SeedRule rule = fused_seeds(cross_entropy_seeds({label, false, scale}), 3, fusion);
    return rule(tensor_of(both, {1, 6}, reference()), {0, 1}).to_host_double();
  }
};

TEST(Fusions, OfProbabilitiesWeighEachNetworkByItsShareOfTheLabel) {
  const Pair pair;
  const Values p = softmax_of(pair.first), q = softmax_of(pair.second);
  const double w = p[1] / (p[1] + q[1]), v = q[1] / (p[1] + q[1]);
  EXPECT_TRUE(within(pair.seeds(Fusion::probabilities),
                     {w * p[0], w * (p[1] - 1), w * p[2], v * q[0], v * (q[1] - 1), v * q[2]},
                     Values(6, 1e-6)));
}

TEST(Fusions, OfLogitsGiveEveryNetworkTheSeedsOfTheMean) {
  const Pair pair;
  const Values p = softmax_of({0.625, -0.25, -0.25});
  EXPECT_TRUE(within(pair.seeds(Fusion::logits),
                     {p[0] / 2, (p[1] - 1) / 2, p[2] / 2, p[0] / 2, (p[1] - 1) / 2, p[2] / 2},
                     Values(6, 1e-6)));
}

TEST(Fusions, OfLossesAreTheMeanOfTheNetworksOwn) {
  const Pair pair;
  const Values p = softmax_of(pair.first), q = softmax_of(pair.second);
  EXPECT_TRUE(within(pair.seeds(Fusion::losses),
                     {p[0] / 2, (p[1] - 1) / 2, p[2] / 2, q[0] / 2, (q[1] - 1) / 2, q[2] / 2},
                     Values(6, 1e-6)));
}

TEST(Fusions, OfProbabilitiesDoNotUnderflow) {
  Pair sure{.first = {0, 900, 1}, .second = {2, 800, 0}};
  EXPECT_THAT(sure.seeds(Fusion::probabilities), testing::Each(0)) << "faithfully, p is 1 everywhere";
  const Values found = sure.seeds(Fusion::probabilities, SeedScale::scaled);
  const Values q = softmax_of({2, 0});
  // what both leave for the other classes is the second's, whose lead is smaller by 100; a float at 800 has
  // steps of 6e-5
  EXPECT_TRUE(within(found, {0, 0, 0, q[0], -1, q[1]}, Values(6, 1e-4)));
  EXPECT_TRUE(
      within(fused_logits(tensor_of({0, 900, 1, 2, 800, 0}, {1, 6}, reference()), 3, Fusion::probabilities)
                 .to_host_double(),
             {std::log(0.5) + 2 - 800, 0, std::log(0.5) - 800}, {1e-3, 0, 1e-3}));
}

TEST(Fusions, ValuesAreTheLossesWhoseSeedsTheyAre) {
  const Pair pair;
  Victims victims;
  victims.images = Tensor::zeros({1, 1, 1, 1}, reference());
  victims.clean_logits = {0, 1, 0};
  victims.labels = {1};
  victims.rows = {0};
  victims.classes = 3;
  const Tensor logits = tensor_of({1, -2, 0.5, 0.25, 1.5, -1}, {1, 6}, reference());
  const Values p = softmax_of(pair.first), q = softmax_of(pair.second),
               mean = softmax_of({0.625, -0.25, -0.25});
  const auto value = [&](Fusion fusion, Loss loss) {
    victims.fusion = fusion;
    return Objective(victims, {.loss = loss}).values(logits)[0];
  };
  EXPECT_NEAR(value(Fusion::probabilities, Loss::cross_entropy), -std::log((p[1] + q[1]) / 2), 1e-6);
  EXPECT_NEAR(value(Fusion::logits, Loss::cross_entropy), -std::log(mean[1]), 1e-6);
  EXPECT_NEAR(value(Fusion::losses, Loss::cross_entropy), -(std::log(p[1]) + std::log(q[1])) / 2, 1e-6);
  EXPECT_NEAR(value(Fusion::losses, Loss::margin), ((1.0 + 2) + (0.25 - 1.5)) / 2, 1e-6);
  EXPECT_NEAR(value(Fusion::logits, Loss::margin), 0.625 + 0.25, 1e-6);
}

TEST(Ensemble, OfOneNetworkTwiceIsThatNetwork) {
  const auto network = small_conv_network(10, {1}, reference());
  const Ensemble twice({network.get(), network.get()});
  Evaluator alone(*network, reference()), together(twice, reference());
  AttackTask task = random_task(alone, {40, 3, 8, 8}, 2);
  for (const Fusion fusion : {Fusion::logits, Fusion::losses}) {
    task.fusion = fusion;
    EXPECT_TRUE(same_bits(Fgsm()(together, task).images, Fgsm()(alone, task).images))
        << "halves and their sums are exact";
  }
}

TEST(Ensemble, IsJudgedByItsFirstMember) {
  const auto lenient = affine_network({{1}, {-1}}, {0, 0}, reference());
  const auto strict = affine_network({{1}, {-1}}, {1, 0}, reference());
  AttackTask task = line_task({{0.125}}, {0}, reference());
  for (const Fusion fusion : {Fusion::probabilities, Fusion::logits, Fusion::losses}) {
    task.fusion = fusion;
    const Ensemble lenient_first({lenient.get(), strict.get()}), strict_first({strict.get(), lenient.get()});
    Evaluator one(lenient_first, reference()), other(strict_first, reference());
    EXPECT_EQ(Fgsm({.eps = 0.25})(one, task).records[0].status, AttackStatus::success);
    const Outcome outcome = Fgsm({.eps = 0.25})(other, task);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
    EXPECT_EQ(outcome.records[0].margin, -(2 * (0.125 - 0.25) + 1)) << "of the judge alone";
    EXPECT_FALSE(outcome.records[0].fragile);
  }
}

TEST(Ensemble, ImagesCraftedOnBothFoolBoth) {
  const auto first = small_conv_network(10, {3}, reference()),
             second = small_conv_network(10, {4}, reference());
  Evaluator on_first(*first, reference()), on_second(*second, reference());
  // inputs of which both say the same are rare among random ones, so the second is asked what it says itself
  AttackTask task = random_task(on_first, {60, 3, 8, 8}, 5);
  const Labels said = answers_of(on_second, task.images);
  const auto fooled = [&](const Tensor& images) {
    Index count = 0;
    const auto before = said.to_host(), after = answers_of(on_second, images).to_host();
    for (std::size_t i = 0; i < before.size(); ++i) count += before[i] != after[i];
    return count;
  };
  const PgdOptions options{.eps = 0.1, .step = 0.02, .iterations = 10, .early_stop = EarlyStop::none};
  const Index by_first_alone = fooled(Pgd(options)(on_first, task).images);
  const Ensemble both({first.get(), second.get()});
  Evaluator on_both(both, reference());
  for (const Fusion fusion : {Fusion::probabilities, Fusion::logits, Fusion::losses}) {
    task.fusion = fusion;
    const Outcome outcome = Pgd(options)(on_both, task);
    EXPECT_GT(fooled(outcome.images), by_first_alone) << name_of(fusions, fusion);
    EXPECT_GE(summarise(outcome).success.hits, 30) << name_of(fusions, fusion);
  }
}

TEST(Ensemble, ARowGoesOnUntilItFoolsEveryMember) {
  const auto near = affine_network({{1}, {-1}}, {0, 0}, reference());
  const auto far = affine_network({{1}, {-1}}, {1, 0}, reference());  // gives way below -1/2
  AttackTask task = line_task({{0.125}}, {0}, reference());
  const Ensemble both({near.get(), far.get()});
  Evaluator evaluator(both, reference());
  for (const Fusion fusion : {Fusion::probabilities, Fusion::logits, Fusion::losses}) {
    task.fusion = fusion;
    const Outcome outcome =
        Pgd({.eps = 1, .step = 0.25, .iterations = 10, .start = Start::clean})(evaluator, task);
    EXPECT_EQ(outcome.images.to_host_double()[0], 0.125 - 3 * 0.25) << "the first one below -1/2";
    EXPECT_EQ(outcome.records[0].status, AttackStatus::success);
    EXPECT_EQ(outcome.records[0].first_success, 1) << "of the judge";
  }
}

/// An attack that asks about single classes.
class OfOneNetwork : public Attack {
 public:
  std::string_view name() const override { return "of-one-network"; }
  std::vector<Setting> settings() const override { return {}; }

 private:
  Crafted perturb(Evaluator&, const Victims& victims, const AttackObserver&) const override {
    return Lockstep(victims).finish(victims.images);
  }
};

TEST(Ensemble, IsRefusedByAttacksOfOneNetwork) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  const Ensemble both({network.get(), network.get()});
  Evaluator evaluator(both, reference());
  const AttackTask task = line_task({{0.125}}, {0}, reference());
  try {
    OfOneNetwork()(evaluator, task);
    FAIL() << "an ensemble was attacked as if it were a network of four classes";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0226");
    EXPECT_EQ(error.diagnosis().message, "`of-one-network` attacks one network, found an ensemble of 2");
  }
}

TEST(Ensemble, WantsTheSameClassesOfAll) {
  const auto two = affine_network({{1}, {-1}}, {0, 0}, reference());
  const auto three = affine_network({{1}, {-1}, {0}}, {0, 0, 0}, reference());
  const Ensemble both({two.get(), three.get()});
  Evaluator evaluator(both, reference());
  try {
    Fgsm()(evaluator, line_task({{0.125}}, {0}, reference()));
    FAIL() << "two and three classes were fused";
  } catch (const Error& error) {
    EXPECT_THAT(error.diagnosis().message,
                HasSubstr("network 2 of the ensemble has 3 classes, the first one 2"));
  }
}

class EnsembleOnDevice : public AttackOnDevice {};

TEST_P(EnsembleOnDevice, FollowsTheSumOfBothGradients) {
  // the first network knows pixel 0, the second pixel 1
  const auto first = affine_network({{1, 0}, {-1, 0}}, {1, 0}, device());
  const auto second = affine_network({{0, -1}, {0, 1}}, {1, 0}, device());
  const Ensemble both({first.get(), second.get()});
  Evaluator evaluator(both, device());
  AttackTask task = line_task({{0, 0}}, {0}, device());
  for (const Fusion fusion : {Fusion::probabilities, Fusion::logits, Fusion::losses}) {
    task.fusion = fusion;
    EXPECT_THAT(Fgsm({.eps = 0.25})(evaluator, task).images.to_host_double(), ElementsAre(-0.25, 0.25));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, EnsembleOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
