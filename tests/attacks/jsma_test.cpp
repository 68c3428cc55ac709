#include "attacks/jsma.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "attacks/registry.h"
#include "tensor/ops/softmax.h"
#include "tests/attacks/jsma_reference.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Device& reference() { return Device::reference(); }

Values softmax_of(const Tensor& logits) { return softmax(logits).to_host_double(); }

/// All that the options can say together, with a theta that moves pixels into the border.
std::vector<JsmaOptions> all_options() {
  std::vector<SaliencyOptions> saliencies;
  for (const OtherClasses others : {OtherClasses::analytic, OtherClasses::summed}) {
    saliencies.push_back({.on = Outputs::logits, .others = others});
    for (const double temperature : {1.0, 40.0})
      saliencies.push_back({.on = Outputs::probabilities, .others = others, .temperature = temperature});
  }
  for (const double temperature : {1.0, 40.0})
    saliencies.push_back({.temperature = temperature, .scale = SeedScale::scaled});
  std::vector<JsmaOptions> options;
  for (const SaliencyOptions& saliency : saliencies)
    for (const double theta : {0.3, -0.3})
      for (const NoPair no_pair : {NoPair::fail, NoPair::cleverhans})
        for (const FeatureOrder order : {FeatureOrder::nchw, FeatureOrder::nhwc})
          for (const GammaOf gamma_of : {GammaOf::features, GammaOf::pixels})
            options.push_back({.theta = theta,
                               .gamma = gamma_of == GammaOf::features ? 0.4 : 1,
                               .saliency = saliency,
                               .no_pair = no_pair,
                               .gamma_of = gamma_of,
                               .order = order});
  return options;
}

std::string in_words(const JsmaOptions& options) {
  std::string words;
  for (const Setting& setting : Jsma(options).settings()) words += setting.name + " " + setting.value + " ";
  return words;
}

TEST(Jsma, IsThePlainLoopOfTheLiteratureForEveryOption) {
  const auto network = perceptron({27, 16, 4}, {1}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {4, 3, 3, 3}, 2);
  Values images = task.images.to_host_double();
  for (std::size_t i = 0; i < images.size(); i += 7) images[i] = i % 2 == 0 ? -1 : 1;
  task.images = tensor_of(images, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  Index successes = 0, failures = 0;
  for (const JsmaOptions& options : all_options())
    for (const std::int32_t distance : {1, 2}) {
      const AttackTask now = aimed(task, 4, distance);
      const Outcome outcome = Jsma(options)(evaluator, now);
      const std::vector<std::int32_t> targets = now.targets->to_host();
      for (Index row = 0; row < 4; ++row) {
        const auto i = static_cast<std::size_t>(row);
        const ReferenceRun expected =
            reference_jsma(evaluator, task.images.batch_slice(row, 1), targets[i], options);
        EXPECT_TRUE(same_bits(outcome.images.batch_slice(row, 1).to_host_double(), expected.image))
            << "row " << row << ": " << in_words(options);
        EXPECT_EQ(outcome.records[i].iterations, expected.iterations) << in_words(options);
        EXPECT_EQ(outcome.records[i].status == AttackStatus::success, expected.success);
        (expected.success ? successes : failures) += 1;
      }
    }
  EXPECT_GE(successes, 200);
  EXPECT_GE(failures, 100);
}

/// Two classes: the target leads by weight . x + bias once it is positive.
struct Affine {
  Values weight;
  double bias;
  std::unique_ptr<Module> network(Device& device) const {
    Values half = weight, minus = weight;
    for (std::size_t i = 0; i < weight.size(); ++i) half[i] = weight[i] / 2, minus[i] = -weight[i] / 2;
    return affine_network({minus, half}, {0, bias}, device);
  }
};

TEST(Jsma, OnAnAffineModelTheLargestWeightsAreTheOptimum) {
  Values weight = whole_numbers(40, -99, 99, {3});
  for (double& value : weight) value /= 16;  // all that follows is exact in floats
  const Affine model{weight, -2};
  const auto network = model.network(reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({Values(40, 0)}, {0}, reference());
  for (const double theta : {0.0625, -0.0625}) {
    Values gains = model.weight;
    for (double& gain : gains) gain *= theta;
    std::sort(gains.rbegin(), gains.rend());
    Index fewest = 0;  // pairs, each of the largest gains that are left
    for (double lead = model.bias; lead <= 0; ++fewest) {
      ASSERT_LT(fewest, 20) << "no pair is left";
      const auto next = static_cast<std::size_t>(2 * fewest);
      lead += gains[next] + gains[next + 1];
    }
    const double smallest = gains[static_cast<std::size_t>(2 * fewest - 1)];
    for (const Outputs on : {Outputs::probabilities, Outputs::logits}) {
      const Outcome outcome = Jsma({.theta = theta, .gamma = 1, .saliency = {.on = on}})(evaluator, task);
      EXPECT_EQ(outcome.records[0].status, AttackStatus::success);
      EXPECT_EQ(outcome.records[0].iterations, fewest);
      EXPECT_EQ(outcome.records[0].distortion.l0_features, 2 * fewest);
      const Values moved = outcome.images.to_host_double();
      for (std::size_t i = 0; i < 40; ++i)
        if (model.weight[i] * theta != smallest) {
          EXPECT_EQ(moved[i], model.weight[i] * theta > smallest ? theta : 0) << i;
        }
    }
  }
}

TEST(Jsma, TheObserverSeesEveryPairAndChangesNothing) {
  const auto network = small_conv_network(10, {6}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = aimed(random_task(evaluator, {12, 3, 8, 8}, 7), 10, 1);
  const Jsma attack({.theta = 0.4, .gamma = 0.1});
  std::vector<std::set<Index>> chosen(12);
  const Outcome watched = attack(evaluator, task, [&](const AttackStep& step) {
    ASSERT_EQ(step.chosen.size(), step.rows.size());
    ASSERT_EQ(step.targets.size(), step.rows.size());
    const Values p = softmax_of(step.logits);
    for (std::size_t i = 0; i < step.rows.size(); ++i) {
      EXPECT_EQ(step.targets[i], task.targets->to_host()[static_cast<std::size_t>(step.rows[i])]);
      EXPECT_EQ(step.objective[i], p[i * 10 + static_cast<std::size_t>(step.targets[i])]);
      if (step.chosen[i].first < 0) continue;
      chosen[static_cast<std::size_t>(step.rows[i])].insert({step.chosen[i].first, step.chosen[i].second});
    }
  });
  EXPECT_TRUE(same_bits(watched.images, attack(evaluator, task).images));
  const Values before = task.images.to_host_double(), after = watched.images.to_host_double();
  for (std::size_t row = 0; row < 12; ++row)
    for (std::size_t i = 0; i < 192; ++i)
      EXPECT_EQ(after[row * 192 + i] != before[row * 192 + i], chosen[row].contains(static_cast<Index>(i)));
}

TEST(Jsma, TemperatureUndoesTheScaleOfADistilledNetwork) {
  const auto network = perceptron({30, 20, 5}, {8}, reference());
  const Wrapped distilled(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 1024); });
  Evaluator plain(*network, reference()), hard(distilled, reference());
  const AttackTask task = random_task(plain, {25, 1, 5, 6}, 9);
  const JsmaOptions adaptive{.theta = 0.8, .gamma = 1, .saliency = {.temperature = 1024}};
  const Outcome expected = Jsma({.theta = 0.8, .gamma = 1})(plain, task);
  for (const AttackRecord& record : expected.records) EXPECT_EQ(record.status, AttackStatus::success);
  EXPECT_TRUE(same_bits(Jsma(adaptive)(hard, task).images, expected.images));
}

TEST(Jsma, AnUnderflownGradientEndsARowAndIsNotSuccess) {
  const auto network = perceptron({30, 20, 5}, {8}, reference());
  const Wrapped distilled(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 1024); });
  Evaluator evaluator(distilled, reference());
  const AttackTask task = random_task(evaluator, {25, 1, 5, 6}, 9);
  const JsmaOptions regular{.theta = 0.8, .gamma = 1};
  const Outcome faithful = Jsma(regular)(evaluator, task);
  Index vanished = 0;
  for (std::size_t row = 0; row < 25; ++row) {
    const AttackRecord& record = faithful.records[row];
    if (record.status != AttackStatus::fail_no_pair) continue;
    ++vanished;
    EXPECT_EQ(record.distortion.l0_features, 0);
    EXPECT_EQ(record.zero_gradient_share, 1);
    EXPECT_EQ(record.forwards, 1);
    EXPECT_EQ(record.backwards, 4);
  }
  EXPECT_GE(vanished, 20);
  JsmaOptions scaled_seeds = regular;
  scaled_seeds.saliency.scale = SeedScale::scaled;
  for (const AttackRecord& record : Jsma(scaled_seeds)(evaluator, task).records)
    EXPECT_EQ(record.status, AttackStatus::success) << record.id;
}

TEST(Jsma, ScaledSeedsChooseTheSamePairsWhereNothingUnderflows) {
  const auto network = small_conv_network(10, {10}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = aimed(random_task(evaluator, {20, 3, 8, 8}, 11), 10, 3);
  std::vector<std::vector<FeaturePair>> first;
  for (const SeedScale scale : {SeedScale::faithful, SeedScale::scaled})
    Jsma({.gamma = 0.02, .saliency = {.scale = scale}})(evaluator, task, [&](const AttackStep& step) {
      if (step.number == 0) first.emplace_back(step.chosen.begin(), step.chosen.end());
    });
  ASSERT_EQ(first.size(), 2u);
  for (std::size_t row = 0; row < 20; ++row) {
    EXPECT_EQ(first[0][row].first, first[1][row].first) << row;
    EXPECT_EQ(first[0][row].second, first[1][row].second) << row;
  }
}

TEST(Jsma, ANaNInTheGradientEndsThatRowAlone) {
  // of three rows under way, the second loses its gradient
  const auto network = affine_network({{1, 2, 3, 0}, {-1, -2, -3, 0}}, {0, 0}, reference());
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    const Var z = inner(x);
    return z.tape().record("poison", {z}, z.value(), [x](const Tensor& dy, Cotangents& d) {
      Values values = dy.to_host_double();
      if (values.size() == 6) values[2] = NAN;
      d.add(0, tensor_of(values, dy.shape(), dy.device()));
    });
  });
  Evaluator evaluator(broken, reference());
  const Values x = {0.125, 0.25, 0.5, 0};
  const Outcome outcome =
      Jsma({.theta = -0.5, .gamma = 1})(evaluator, line_task({x, x, x}, {0, 0, 0}, reference()));
  EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_nan);
  EXPECT_EQ(outcome.records[1].distortion.l0_features, 0);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::success);
  EXPECT_EQ(outcome.records[2].status, AttackStatus::success);
}

std::string refusal(const JsmaOptions& options) {
  try {
    Jsma attack(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

TEST(Jsma, RefusesWhatHasNoMeaning) {
  EXPECT_THAT(refusal({.theta = 0}), HasSubstr("theta"));
  EXPECT_THAT(refusal({.gamma = 0}), HasSubstr("gamma"));
  EXPECT_THAT(refusal({.gamma = 1.01}), HasSubstr("at most 1"));
  EXPECT_THAT(refusal({.saliency = {.temperature = 0}}), HasSubstr("temperature"));
  EXPECT_THAT(refusal({.saliency = {.on = Outputs::logits, .temperature = 40}}), HasSubstr("no temperature"));
  EXPECT_THAT(refusal({.saliency = {.on = Outputs::logits, .scale = SeedScale::scaled}}),
              HasSubstr("slopes of logits cannot underflow"));
  EXPECT_THAT(refusal({.saliency = {.others = OtherClasses::summed, .scale = SeedScale::scaled}}),
              HasSubstr("scaled"));
  EXPECT_EQ(refusal({}), "accepted");
  const auto network = perceptron({6, 8, 3}, {12}, reference());
  Evaluator evaluator(*network, reference());
  EXPECT_THROW(Jsma({.gamma = 0.3})(evaluator, random_task(evaluator, {2, 1, 2, 3}, 13)), Error)
      << "0.9 of a pair";
  EXPECT_NO_THROW(Jsma({.gamma = 0.34})(evaluator, random_task(evaluator, {2, 1, 2, 3}, 13)));
}

TEST(Jsma, OptionsReachIt) {
  const auto attack = make_attack("jsma", {{"theta", "-8/255"},
                                           {"gamma", "0.2"},
                                           {"on", "probabilities"},
                                           {"b", "summed"},
                                           {"temperature", "40"},
                                           {"no-pair", "cleverhans"},
                                           {"gamma-of", "pixels"},
                                           {"order", "nhwc"}});
  std::vector<std::string> values;
  for (const Setting& setting : attack->settings()) values.push_back(setting.value);
  EXPECT_EQ(std::stod(values[0]), -16.0 / 255);
  values.erase(values.begin());
  EXPECT_THAT(values, ElementsAre("0.2", "probabilities", "summed", "40", "faithful", "cleverhans", "pixels",
                                  "nhwc", "9"));
  try {
    make_attack("jsma", {{"theta", "-8"}}, {.prefix = "--"});
    FAIL() << "a theta beyond the range was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0203");
    EXPECT_EQ(error.diagnosis().message, "`--theta -8` is larger than the pixel range 2");
    EXPECT_EQ(error.diagnosis().help, "did you mean `--theta -8/255` (-0.0627)?");
  }
}

class JsmaOnDevice : public AttackOnDevice {};

TEST_P(JsmaOnDevice, ChoosesAndMovesPairsAsOnTheReference) {
  // whole-number weights: the slopes of logits are the same bits on every device
  std::vector<Values> weight;
  for (std::uint64_t k = 0; k < 4; ++k) weight.push_back(whole_numbers(48, -5, 5, {k}));
  std::vector<Values> images;
  for (std::uint64_t i = 0; i < 9; ++i) images.push_back(whole_numbers(48, -3, 3, {20 + i}));
  for (Values& image : images)
    for (double& pixel : image) pixel /= 4;
  std::vector<Outcome> outcomes;
  for (Device* where : {&device(), &reference()}) {
    const auto network = affine_network(weight, {0, 1, 2, 3}, *where);
    Evaluator evaluator(*network, *where);
    AttackTask task = line_task(images, std::vector<std::int32_t>(9), *where);
    task.truth = answers_of(evaluator, task.images);
    outcomes.push_back(
        Jsma({.theta = 0.5, .gamma = 0.5, .saliency = {.on = Outputs::logits}})(evaluator, task));
  }
  EXPECT_TRUE(same_bits(outcomes[0].images, outcomes[1].images));
  for (std::size_t row = 0; row < 9; ++row)
    EXPECT_EQ(outcomes[0].records[row].target, outcomes[1].records[row].target);
}

INSTANTIATE_TEST_SUITE_P(Devices, JsmaOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
