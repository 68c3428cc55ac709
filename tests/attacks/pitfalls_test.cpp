// One test for each way in which published implementations of these attacks have gone wrong; the numbers are
// those of the table from which they were collected. Rows of other attacks stand in those attacks' tests.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "attacks/intake.h"
#include "attacks/summary.h"
#include "autograd/functions.h"
#include "layers/layers.h"
#include "tests/attacks/attack_list.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

Device& reference() { return Device::reference(); }

/// x -> factor x + offset, undone before the network.
std::unique_ptr<Module> perceptron_on_scale(double factor, double offset) {
  auto network = perceptron({6, 8, 4}, {1}, reference());  // DLR needs four classes
  bool first = true;
  Values weight;
  network->for_each_parameter([&](Parameter& parameter) {
    Values values = parameter.value.to_host_double();
    if (parameter.name == "fc1.weight") {
      for (double& value : values) value /= factor;
      weight = values;
    } else if (parameter.name == "fc1.bias") {
      for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t k = 0; k < 6; ++k) values[i] -= weight[i * 6 + k] * offset;
    }
    first = false;
    parameter.value = tensor_of(values, parameter.value.shape(), reference());
  });
  EXPECT_FALSE(first);
  return network;
}

/// In units of half a range: what an attack may be away from itself on another scale, beyond plain rounding.
double slack_of_row_01(const Attack& attack) {
  const std::string_view name = attack.name();
  // APGD asks whether a loss has risen, and where it stands still rounding answers: it ends a step shorter
  if (name == "apgd" || name == "battery") return 1e-2 * attack.ball()->radius;
  return name == "cw" ? 1e-4 : 0;  // Adam normalises: small gradients count as much as large ones
}

TEST(Pitfall, Row01RangesOtherThanMinusOneToOneMapOntoEachOther) {
  const auto network = perceptron_on_scale(1, 0);
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {50, 1, 2, 3}, 2);
  struct Scale {
    double factor, offset;
    Range pixels;
  };
  for (const Scale& scale : {Scale{0.5, 0.5, {0, 1}}, Scale{127.5, 127.5, {0, 255}}, Scale{4, 0, {-4, 4}}}) {
    const auto other_network = perceptron_on_scale(scale.factor, scale.offset);
    Evaluator other(*other_network, reference());
    AttackTask other_task = task;
    Values values = task.images.to_host_double();
    for (double& value : values) value = value * scale.factor + scale.offset;
    other_task.images = tensor_of(values, task.images.shape(), reference());
    other_task.pixels = scale.pixels;
    const auto plain = every_attack(), scaled = every_attack(scale.factor);
    for (std::size_t a = 0; a < plain.size(); ++a) {
      if (plain[a]->name() == "deepfool")
        continue;  // rounding chooses its way at a kink: Row01DistancesScale
      Values expected = (*plain[a])(evaluator, task).images.to_host_double();
      for (double& value : expected) value = value * scale.factor + scale.offset;
      const Values found = (*scaled[a])(other, other_task).images.to_host_double();
      // ten steps and the change of scale round once each, by half an ulp of the largest pixel
      const double rounding = 12 * 0x1p-24 * scale.pixels.high;
      const double slack = scale.factor * slack_of_row_01(*plain[a]);
      EXPECT_TRUE(within(found, expected, Values(found.size(), rounding + slack))) << plain[a]->name();
    }
  }
}

TEST(Pitfall, Row02EpsIsAbsolute) {
  const auto network = perceptron({6, 8, 3}, {3}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {50, 1, 2, 3}, 4);
  task.pixels = {-3, 3};  // all pixels are interior, and a relative eps would be three times as large
  const Values before = task.images.to_host_double();
  const Values after = Fgsm({.eps = 0.025})(evaluator, task).images.to_host_double();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(std::abs(after[i] - before[i]), 0.025, 0x1p-24);
}

TEST(Pitfall, Row03NoIterateLeavesRangeOrBall) {
  const auto network = perceptron({30, 20, 5}, {5}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {60, 1, 5, 6}, 6);
  Values values = task.images.to_host_double();
  for (std::size_t i = 0; i < values.size(); i += 3)
    values[i] = i % 2 == 0 ? -1 : 1;  // at the border from the start
  task.images = tensor_of(values, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  const auto check = [&](const Attack& attack, const Tensor& images, std::span<const Index> rows) {
    const Values now = images.to_host_double();
    const Ball ball = *attack.ball();
    for (std::size_t row = 0; row < rows.size(); ++row) {
      double squares = 0;
      for (std::size_t k = 0; k < 30; ++k) {
        const double value = now[row * 30 + k], then = values[static_cast<std::size_t>(rows[row]) * 30 + k];
        EXPECT_LE(std::abs(value), 1.0);
        if (ball.norm == PixelNorm::linf) {
          EXPECT_LE(std::abs(value - then), ball.radius * (1 + 0x1p-22) + 0x1p-23);
        }
        squares += (value - then) * (value - then);
      }
      if (ball.norm == PixelNorm::l2) {
        EXPECT_LE(std::sqrt(squares), ball.radius * (1 + 0x1p-22));
      }
    }
  };
  std::vector<Index> all(60);
  for (std::size_t row = 0; row < 60; ++row) all[row] = static_cast<Index>(row);
  for (const auto& attack : attacks_of_this_folder()) {
    SCOPED_TRACE(attack->name());
    const AttackObserver watch = [&](const AttackStep& step) { check(*attack, step.images, step.rows); };
    check(*attack, (*attack)(evaluator, task, watch).images, all);
  }
}

TEST(Pitfall, Row04PixelsAreClippedInEveryStep) {
  // z1 - z0 = 1 - 20 |x - 0.75| - something: inside the range the way is up to 0.6875; an iterate that left
  // the range would see the far side of the peak and turn back, and end where it began after every second
  // step.
  const auto hidden = affine_network({{1}, {-1}}, {-0.75, 0.75}, reference());
  const Wrapped tent(*hidden, [](const Module& inner, const Var& x) {
    auto top =
        std::make_shared<std::unique_ptr<Module>>(affine_network({{0, 0}, {-20, -20}}, {0, 2}, x.device()));
    const Var z = (**top)(relu(inner(x)));
    return z;
  });
  Evaluator evaluator(tent, reference());
  AttackTask task = line_task({{0.625}}, {0}, reference());
  task.pixels = {0.5, 0.6875};
  for (const Index iterations : {1, 2, 3, 4}) {
    const Outcome outcome = Igsm({.eps = 0.1875, .step = 0.1875, .iterations = iterations})(evaluator, task);
    EXPECT_EQ(outcome.images.to_host_double().front(), 0.6875) << iterations;
    EXPECT_EQ(outcome.records[0].status, AttackStatus::success) << iterations;
  }
}

TEST(Pitfall, Row05AShortWalkStaysInsideTheBall) {
  const auto network = small_conv_network(10, {7}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 8);
  const Outcome outcome = Igsm({.eps = 0.025, .step = 0.002, .iterations = 10})(evaluator, task);
  for (const AttackRecord& record : outcome.records) EXPECT_LE(record.distortion.linf, 0.020 + 10 * 0x1p-24);
}

TEST(Pitfall, Row06APixelWithoutGradientKeepsItsBits) {
  const auto network = affine_network({{1, 0, -1, 0}, {-1, 0, 1, 0}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.1, 0.2, 0.3, -0.7}}, {0}, reference());
  for (const auto& attack : attacks_of_this_folder(1, Start::clean)) {
    const Outcome outcome = (*attack)(evaluator, task);
    const Values before = task.images.to_host_double(), after = outcome.images.to_host_double();
    EXPECT_NE(after[0], before[0]);
    EXPECT_EQ(after[1], before[1]);
    EXPECT_EQ(after[3], before[3]);
    EXPECT_EQ(outcome.records[0].zero_gradient_share, 0.5);
    EXPECT_EQ(outcome.records[0].distortion.l0_features, 2);
  }
}

TEST(Pitfall, Row06ADenormalGradientIsAGradient) {
  const auto network = affine_network({{1e-38, 0}, {-1e-38, 0}}, {2, 1}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = Fgsm({.eps = 0.25})(evaluator, line_task({{0.5, 0.5}}, {0}, reference()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.25, 0.5));
}

TEST(Pitfall, Row07RowsDoNotInfluenceEachOther) {
  const auto network = small_conv_network(10, {9}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {67, 3, 8, 8}, 10);
  std::vector<Index> shuffled;
  for (Index row = 0; row < 67; ++row) shuffled.push_back(row * 29 % 67);
  for (const auto& attack : attacks_of_this_folder()) {
    const Outcome together = (*attack)(evaluator, task);
    const Outcome permuted = (*attack)(evaluator, rows_of(task, shuffled));
    for (Index row = 0; row < 67; ++row) {
      const auto i = static_cast<std::size_t>(row);
      const Tensor mine = together.images.batch_slice(row, 1);
      const Index elsewhere = std::find(shuffled.begin(), shuffled.end(), row) - shuffled.begin();
      EXPECT_TRUE(same_bits(permuted.images.batch_slice(elsewhere, 1), mine)) << row;
      EXPECT_EQ(to_csv(permuted.records[static_cast<std::size_t>(elsewhere)]), to_csv(together.records[i]));
      if (row % 11 != 0) continue;
      const Outcome alone = (*attack)(evaluator, rows_of(task, {row}));
      EXPECT_TRUE(same_bits(alone.images, mine)) << row;
      EXPECT_EQ(to_csv(alone.records[0]), to_csv(together.records[i]));
    }
  }
}

TEST(Pitfall, Row08MisclassifiedInputsAreLeftAloneAndNotCounted) {
  const auto network = small_conv_network(10, {11}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {20, 3, 8, 8}, 12);
  std::vector<std::int32_t> truth = task.truth.to_host();
  for (const std::size_t row : {std::size_t{0}, std::size_t{7}, std::size_t{19}})
    truth[row] = (truth[row] + 3) % 10;
  task.truth = labels_of(truth, reference());
  const Outcome outcome = Fgsm({.eps = 0.3})(evaluator, task);
  for (std::size_t row = 0; row < 20; ++row) {
    const bool wrong = row == 0 || row == 7 || row == 19;
    const AttackRecord& record = outcome.records[row];
    EXPECT_EQ(record.status == AttackStatus::skipped_misclassified, wrong);
    EXPECT_EQ(record.counts(), !wrong);
    EXPECT_EQ(record.forwards, wrong ? 0 : 1);
    const auto same = same_bits(outcome.images.batch_slice(static_cast<Index>(row), 1),
                                task.images.batch_slice(static_cast<Index>(row), 1));
    EXPECT_EQ(static_cast<bool>(same), wrong);
  }
  const AttackSummary summary = summarise(outcome);
  EXPECT_EQ(summary.success.trials, 17);
  EXPECT_EQ(summary.skipped, 3);
  EXPECT_EQ(summary.l2.count, summary.success.hits);
}

TEST(Pitfall, Row08ThePredictedLabelDoesNotLeakTheTruth) {
  Victims victims;
  victims.images = Tensor::zeros({2, 1, 1, 1}, reference());
  victims.clean_logits = {3, 5, 1, 0, 0, 9};
  victims.labels = {0, 2};
  victims.rows = {0, 1};
  victims.classes = 3;
  EXPECT_THAT(label_weights(victims, LabelSource::prediction).to_host_double(),
              ElementsAre(0, 1, 0, 0, 0, 1));
  EXPECT_THAT(label_weights(victims, LabelSource::truth).to_host_double(), ElementsAre(1, 0, 0, 0, 0, 1));
  victims.targets = {2, 1};
  EXPECT_THAT(label_weights(victims, LabelSource::truth).to_host_double(), ElementsAre(0, 0, 1, 0, 1, 0));
}

TEST(Pitfall, Row09TheLabelIsThatOfTheCleanInput) {
  // the class flips at 0; whoever asks for the label again would then climb back, and tremble around 0
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome =
      Igsm({.eps = 1, .step = 0.0625, .iterations = 10})(evaluator, line_task({{0.09375}}, {0}, reference()));
  EXPECT_THAT(outcome.images.to_host_double(), ElementsAre(0.09375 - 0.625));
}

TEST(Pitfall, Row10ProbabilitiesAreRefused) {
  const auto network = perceptron({6, 8, 3}, {13}, reference());
  const Wrapped probabilities(*network, [](const Module& inner, const Var& x) { return softmax(inner(x)); });
  Evaluator evaluator(probabilities, reference());
  const AttackTask task = random_task(evaluator, {5, 1, 2, 3}, 14);
  try {
    Fgsm()(evaluator, task);
    FAIL() << "the softmax of a softmax was attacked";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0225");
    EXPECT_THAT(error.diagnosis().message, HasSubstr("probabilities"));
  }
  Evaluator logits(*network, reference());
  EXPECT_NO_THROW(Fgsm()(logits, task));
}

TEST(Pitfall, Row11SaturationHidesTheGradientButNotFromScaledSeeds) {
  const auto network = perceptron({12, 30, 5}, {15}, reference());
  const auto exact = perceptron({12, 30, 5}, {15}, reference(), DType::f32);
  const Wrapped saturated(*network, [](const Module& inner, const Var& x) { return scaled(inner(x), 1000); });
  Evaluator evaluator(saturated, reference());
  const AttackTask task = random_task(evaluator, {40, 1, 3, 4}, 16);
  const Outcome faithful = Fgsm({.eps = 0.01})(evaluator, task);
  const Outcome scaled_seed = Fgsm({.eps = 0.01, .seed = SeedScale::scaled})(evaluator, task);
  const AttackSummary masked = summarise(faithful), open = summarise(scaled_seed);
  EXPECT_GE(masked.count_of(AttackStatus::fail_zero_gradient), 30);
  EXPECT_EQ(open.count_of(AttackStatus::fail_zero_gradient), 0);
  for (std::size_t row = 0; row < 40; ++row)
    if (faithful.records[row].status == AttackStatus::fail_zero_gradient) {
      EXPECT_EQ(faithful.records[row].zero_gradient_share, 1);
      EXPECT_EQ(faithful.records[row].distortion.l0_features, 0);
    }
}

TEST(Pitfall, Row11ScaledSeedsHaveTheSignsOfExactArithmetic) {
  const Index features = 12;
  const auto network = perceptron({features, 30, 5}, {17}, reference());
  const auto exact_network = perceptron({features, 30, 5}, {17}, reference(), DType::f64);
  const auto sharpen = [](const Module& inner, const Var& x) { return scaled(inner(x), 16); };
  const Wrapped sharp(*network, sharpen), exact_sharp(*exact_network, sharpen);
  Evaluator evaluator(sharp, reference()), exact_evaluator(exact_sharp, reference());
  const AttackTask task = random_task(evaluator, {150, 1, 3, 4}, 18);
  AttackTask exact_task = task;
  exact_task.images = task.images.as(DType::f64);
  const auto signs = [&](Evaluator& at, const AttackTask& of, SeedScale scale) {
    Values result;
    Fgsm({.seed = scale})(at, of, [&](const AttackStep& step) {
      for (const double g : step.gradient.to_host_double()) result.push_back(g > 0 ? 1 : g < 0 ? -1 : 0);
    });
    return result;
  };
  // 1 - p_y is about exp(-lead): lost in float beyond 17, in double beyond 36
  const Values margins = [&] {
    Values result;
    for (const AttackRecord& record : Fgsm({.eps = 0})(evaluator, task).records)
      result.push_back(record.margin);
    return result;
  }();
  const Values exact = signs(exact_evaluator, exact_task, SeedScale::faithful);
  const Values found = signs(evaluator, task, SeedScale::scaled),
               lost = signs(evaluator, task, SeedScale::faithful);
  Index compared = 0, lost_signs = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double lead = -margins[i / static_cast<std::size_t>(features)];
    if (lead < 19 || lead > 34) continue;
    ++compared;
    EXPECT_EQ(found[i], exact[i]) << i;
    lost_signs += lost[i] != exact[i];
  }
  EXPECT_GE(compared, 10 * features) << "too few images are confident enough to show it";
  EXPECT_GE(lost_signs, compared / 5) << "faithful seeds are expected to lose their way here";
}

TEST(Pitfall, Row16FeaturesAndPixelsAreCountedApart) {
  // three channels of two pixels; the network looks at channel 0 of both and channel 1 of the first
  const auto network = affine_network({{1, 1, 1, 0, 0, 0}, {-1, -1, -1, 0, 0, 0}}, {9, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}}, {0}, reference());
  task.images = task.images.reshaped({1, 3, 1, 2});
  const Distortion moved = Fgsm()(evaluator, task).records[0].distortion;
  EXPECT_EQ(moved.l0_features, 3);
  EXPECT_EQ(moved.l0_pixels, 2);
  EXPECT_EQ(moved.relative_l0, 0.5);
}

TEST(Pitfall, Row19TheTruthIsNoTarget) {
  const auto network = perceptron({6, 8, 3}, {19}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {3, 1, 2, 3}, 20);
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + 1) % 3;
  targets[2] = task.truth.to_host()[2];
  task.targets = labels_of(targets, reference());
  try {
    Fgsm()(evaluator, task);
    FAIL() << "an input was attacked towards its own class";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0224");
    EXPECT_THAT(error.diagnosis().message, HasSubstr("image 2"));
  }
}

TEST(Pitfall, Row31EverySuccessIsShownToTheModelAlone) {
  // in company the logits of this network are off by 5 in favour of class 1
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  const Wrapped gregarious(*network, [](const Module& inner, const Var& x) {
    const Var z = inner(x);
    return x.shape()[0] > 1 && x.value().to_host()[0] < 0.875f ? shifted(z, {0, 5}) : z;
  });
  Evaluator evaluator(gregarious, reference());
  const AttackTask task = line_task({{0.9375}, {0.9375}}, {0, 0}, reference());
  const IgsmOptions options{.eps = 0.25, .step = 0.125, .iterations = 2, .early_stop = EarlyStop::at_success};
  const Outcome outcome = Igsm(options)(evaluator, task);
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.iterations, 1) << "the batch did not believe itself done";
    EXPECT_EQ(record.status, AttackStatus::fail_budget);
    EXPECT_TRUE(record.fragile);
  }
  EXPECT_EQ(summarise(outcome).fragile, 2);
  EXPECT_EQ(summarise(outcome).success.hits, 0);
}

TEST(Pitfall, Row31AnotherModelMayBeTheJudge) {
  const auto lenient = affine_network({{1}, {-1}}, {0, 0}, reference());
  const auto strict = affine_network({{1}, {-1}}, {1, 0}, reference());
  Evaluator evaluator(*lenient, reference()), judge(*strict, reference());
  AttackTask task = line_task({{0.125}}, {0}, reference());
  EXPECT_EQ(Fgsm({.eps = 0.25})(evaluator, task).records[0].status, AttackStatus::success);
  task.judge = &judge;
  const Outcome outcome = Fgsm({.eps = 0.25})(evaluator, task);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
  EXPECT_EQ(outcome.judging.forwards, 2) << "the clean image and the verdict";
  EXPECT_EQ(outcome.crafting.forwards, 1);
}

TEST(Pitfall, Row32NetworksAreAttackedInEvaluationMode) {
  const auto network = perceptron({6, 8, 4}, {21}, reference());
  const Wrapped watched(*network, [](const Module& inner, const Var& x) {
    EXPECT_EQ(x.tape().mode(), Mode::evaluate);
    return inner(x);
  });
  Evaluator evaluator(watched, reference());
  const AttackTask task = random_task(evaluator, {5, 1, 2, 3}, 22);
  for (const auto& attack : every_attack()) (*attack)(evaluator, task);
  EXPECT_GT(watched.passes(), 20);
}

TEST(Pitfall, Row33NothingIsChangedButTheResult) {
  const auto network = small_conv_network(10, {23}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {10, 3, 8, 8}, 24);
  const std::vector<Values> parameters = values_of(*network);
  const Values images = task.images.to_host_double();
  ASSERT_GE(parameters.size(), 10u) << "weights, biases, batch norm and its running statistics";
  for (const auto& attack : every_attack()) (*attack)(evaluator, task);
  const std::vector<Values> afterwards = values_of(*network);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    EXPECT_TRUE(same_bits(afterwards[i], parameters[i])) << i;
  EXPECT_TRUE(same_bits(task.images.to_host_double(), images));
}

TEST(Pitfall, Row34SuccessIsJudgedAgainAsAnEightBitPicture) {
  // a level is 2/255 = 0.0078; the decision lies between levels 127 and 128
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const double level_128 = 128 / 127.5 - 1;
  const AttackTask task = line_task({{level_128}}, {0}, reference());
  const AttackRecord small = Fgsm({.eps = 0.0045})(evaluator, task).records[0];
  EXPECT_EQ(small.status, AttackStatus::success);
  EXPECT_EQ(small.rounded_class, 1) << "-0.0006 is nearest to level 127";
  EXPECT_TRUE(small.survives_rounding);

  const auto shifted_network = affine_network({{1}, {-1}}, {-0.001, 0.001}, reference());
  Evaluator shifted_evaluator(*shifted_network, reference());
  const AttackRecord lost = Fgsm({.eps = 0.0032})(shifted_evaluator, task).records[0];
  EXPECT_EQ(lost.status, AttackStatus::success);
  EXPECT_EQ(lost.rounded_class, 0) << "0.0007 is nearest to level 128; truncation would give 127";
  EXPECT_FALSE(lost.survives_rounding);
}

TEST(Pitfall, Row37ARowWithoutGradientStaysFiniteWhileOthersMove) {
  // right of 0.5 the ReLU is shut and nothing reaches the pixel
  const auto hidden = affine_network({{-1}}, {0.5}, reference());
  const Wrapped shut(*hidden, [](const Module& inner, const Var& x) {
    const auto top = affine_network({{-1}, {1}}, {2, 0}, x.device());
    return (*top)(relu(inner(x)));
  });
  Evaluator evaluator(shut, reference());
  const AttackTask task = line_task({{0.75}, {0.25}, {0.875}}, {0, 0, 0}, reference());
  for (const auto& attack : attacks_of_this_folder(1, Start::clean)) {
    SCOPED_TRACE(attack->name());
    const Outcome outcome = (*attack)(evaluator, task);
    const Values after = outcome.images.to_host_double();
    EXPECT_EQ(after[0], 0.75);
    EXPECT_LT(after[1], 0.25);
    EXPECT_EQ(after[2], 0.875);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_zero_gradient);
    EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_budget);
  }
}

TEST(Pitfall, Row38FailuresAreNotAveragedAsZeros) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  // one success that moves by 1/16, one failure that moves as far, one that was wrong from the start
  const AttackTask task = line_task({{0.03125}, {0.5}, {-0.5}}, {0, 0, 0}, reference());
  const AttackSummary summary = summarise(Fgsm({.eps = 0.0625})(evaluator, task));
  EXPECT_EQ(summary.success.hits, 1);
  EXPECT_EQ(summary.success.trials, 2);
  EXPECT_EQ(summary.success.value, 0.5);
  EXPECT_EQ(summary.linf.count, 1);
  EXPECT_EQ(summary.linf.mean, 0.0625);
  EXPECT_EQ(summary.relative_linf.mean, 2);
  EXPECT_EQ(summary.linf.median_with_failures, INFINITY);
}

TEST(Pitfall, Row39TheSameBitsForEveryRunAndAnyNumberOfThreads) {
  const auto network = small_conv_network(10, {25}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {70, 3, 8, 8}, 26);
  const int budget = thread_budget();
  for (const auto& attack : attacks_of_this_folder()) {
    const Outcome first = (*attack)(evaluator, task);
    for (const int threads : {1, 2, 3}) {
      set_thread_budget(threads);
      const Outcome again = (*attack)(evaluator, task);
      EXPECT_TRUE(same_bits(again.images, first.images)) << threads;
      EXPECT_EQ(to_csv(again.records), to_csv(first.records)) << threads;
    }
    set_thread_budget(budget);
  }
}

}  // namespace
}  // namespace weir
