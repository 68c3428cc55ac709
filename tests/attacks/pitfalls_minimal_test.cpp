// Ways in which published implementations of DeepFool and of Carlini & Wagner's attack have gone wrong, by
// the numbers of the table from which they were collected.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/cw.h"
#include "attacks/cw_search.h"
#include "attacks/deepfool.h"
#include "attacks/reading.h"
#include "tensor/ops/pointwise.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using testing::Each;
using testing::ElementsAre;

Device& reference() { return Device::reference(); }

double l2_between(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// Four affine classes over eight features, and how far each image is from the nearest boundary.
struct AffineCase {
  std::vector<Values> weight;
  Values bias = {0.3, -0.2, 0.1, 0};

  explicit AffineCase(double scale = 1) {
    const Values all = deviates(32, {1});
    for (std::size_t k = 0; k < 4; ++k) {
      weight.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(8 * k),
                          all.begin() + static_cast<std::ptrdiff_t>(8 * (k + 1)));
      for (double& w : weight.back()) w = static_cast<float>(w / scale);
    }
  }

  /// In the dual norm's measure: 2 for l2, 1 for linf.
  double distance(const Values& z, std::size_t label, int dual) const {
    double nearest = INFINITY;
    for (std::size_t k = 0; k < 4; ++k) {
      if (k == label) continue;
      double norm = 0;
      for (std::size_t i = 0; i < 8; ++i)
        norm += std::pow(std::abs(weight[k][i] - weight[label][i]), static_cast<double>(dual));
      nearest = std::min(nearest, (z[label] - z[k]) / std::pow(norm, 1.0 / dual));
    }
    return nearest;
  }
};

void expect_one_step_of_the_right_length(const DeepFoolOptions& options, Range pixels, double beyond) {
  const AffineCase affine(static_cast<double>(pixels.high - pixels.low) / 2);
  const auto network = affine_network(affine.weight, affine.bias, reference());
  Evaluator evaluator(*network, reference());
  // from the middle of the range: no step is clipped
  const float middle = (pixels.low + pixels.high) / 2, half = (pixels.high - pixels.low) / 8;
  AttackTask task = random_task(evaluator, {30, 1, 2, 4}, 2, {middle - half, middle + half});
  task.pixels = pixels;
  const Outcome outcome = DeepFool(options)(evaluator, task);
  const bool euclidean = options.norm == PixelNorm::l2;
  Index compared = 0;
  for_each_row(evaluator.logits(task.images), [&](Index row, std::span<const double> z) {
    const AttackRecord& record = outcome.records[static_cast<std::size_t>(row)];
    const double distance =
        affine.distance({z.begin(), z.end()}, static_cast<std::size_t>(record.label), euclidean ? 2 : 1);
    if (distance * (1 + options.overshoot) > half) return;  // it may have met the range
    const double wanted = (1 + options.overshoot) * (distance + beyond);
    EXPECT_EQ(record.iterations, 1) << row;
    EXPECT_EQ(record.status, AttackStatus::success) << row;
    EXPECT_NEAR(euclidean ? record.distortion.l2 : record.distortion.linf, wanted, 1e-4 * wanted) << row;
    ++compared;
  });
  EXPECT_GE(compared, 5);
}

TEST(Pitfall, Row01DistancesScaleWithThePixelRange) {
  const AffineCase affine;
  const auto network = affine_network(affine.weight, affine.bias, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {20, 1, 2, 4}, 3, {-0.5f, 0.5f});
  // [0, 255]: x -> 127.5 x + 127.5, undone by the network; constants weigh logits against squared pixels
  const double factor = 127.5;
  AffineCase other_affine(factor);
  for (std::size_t k = 0; k < 4; ++k)
    for (const double w : affine.weight[k]) other_affine.bias[k] -= w;
  const auto other_network = affine_network(other_affine.weight, other_affine.bias, reference());
  Evaluator other(*other_network, reference());
  AttackTask other_task = task;
  Values values = task.images.to_host_double();
  for (double& value : values) value = value * factor + factor;
  other_task.images = tensor_of(values, task.images.shape(), reference());
  other_task.pixels = {0, 255};
  const auto compare = [&](const Attack& plain, const Attack& scaled) {
    const Outcome here = plain(evaluator, task), there = scaled(other, other_task);
    for (std::size_t row = 0; row < 20; ++row) {
      EXPECT_EQ(there.records[row].status, here.records[row].status) << plain.name() << " " << row;
      EXPECT_NEAR(there.records[row].distortion.l2, factor * here.records[row].distortion.l2,
                  0.01 * factor * here.records[row].distortion.l2)
          << plain.name() << " " << row;
    }
  };
  compare(DeepFool(), DeepFool());
  const double c = 0.1;
  compare(Cw({.learning_rate = 0.01, .initial_constant = c, .iterations = 200}),
          Cw({.learning_rate = 0.01, .initial_constant = c * factor * factor, .iterations = 200}));
}

TEST(Pitfall, Row07SlotsAndNeighboursDoNotShow) {
  const auto network = small_conv_network(10, {4}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {37, 3, 8, 8}, 5);
  std::vector<Index> shuffled;
  for (Index row = 0; row < 37; ++row) shuffled.push_back(row * 11 % 37);
  CwOptions options{.learning_rate = 0.02, .binary_steps = 2, .iterations = 60, .batch = 5};
  const Outcome together = Cw(options)(evaluator, task);
  const Outcome permuted = Cw(options)(evaluator, rows_of(task, shuffled));
  options.batch = 128;
  const Outcome at_once = Cw(options)(evaluator, task);
  Index fewest = 1000, most = 0;
  for (const AttackRecord& record : together.records) {
    fewest = std::min(fewest, record.forwards);
    most = std::max(most, record.forwards);
  }
  EXPECT_LT(fewest, most) << "rows that all end at once show nothing";
  for (Index row = 0; row < 37; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const Tensor mine = together.images.batch_slice(row, 1);
    const Index elsewhere = std::find(shuffled.begin(), shuffled.end(), row) - shuffled.begin();
    EXPECT_TRUE(same_bits(at_once.images.batch_slice(row, 1), mine)) << row;
    EXPECT_EQ(to_csv(at_once.records[i]), to_csv(together.records[i]));
    EXPECT_TRUE(same_bits(permuted.images.batch_slice(elsewhere, 1), mine)) << row;
    EXPECT_EQ(to_csv(permuted.records[static_cast<std::size_t>(elsewhere)]), to_csv(together.records[i]));
    if (row % 9 != 0) continue;
    const Outcome alone = Cw(options)(evaluator, rows_of(task, {row}));
    EXPECT_TRUE(same_bits(alone.images, mine)) << row;
    EXPECT_EQ(to_csv(alone.records[0]), to_csv(together.records[i]));
  }
}

TEST(Pitfall, Row20ANetworkWithoutGradientIsACleanFailure) {
  const auto constant = affine_network({{0, 0}, {0, 0}, {0, 0}}, {1, 0, -1}, reference());
  Evaluator evaluator(*constant, reference());
  const AttackTask task = line_task({{0.25, -0.5}, {1, -1}}, {0, 0}, reference());
  for (const auto reading :
       {DeepFoolReading::foolbox1, DeepFoolReading::reference, DeepFoolReading::foolbox3}) {
    const Outcome outcome = DeepFool(DeepFoolOptions::of(reading))(evaluator, task);
    EXPECT_TRUE(same_bits(outcome.images, task.images));
    for (const AttackRecord& record : outcome.records) {
      EXPECT_EQ(record.status, AttackStatus::fail_zero_gradient);
      EXPECT_EQ(record.iterations, 0);
      EXPECT_EQ(record.zero_gradient_share, 1);
    }
  }
}

TEST(Pitfall, Row20WithoutALosingClassFoolbox1HasNowhereToGo) {
  // three logits tie at the image; argmax takes the first
  const auto network = affine_network({{1, 0}, {0, 1}, {-1, 0}}, {0, 0, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0, 0}}, {0}, reference());
  const Outcome outcome = DeepFool()(evaluator, task);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_zero_gradient);
  EXPECT_TRUE(same_bits(outcome.images, task.images));
  const Outcome other = DeepFool(DeepFoolOptions::of(DeepFoolReading::foolbox3))(evaluator, task);
  EXPECT_EQ(other.records[0].status, AttackStatus::success) << "a tie is a boundary at distance 0";
}

TEST(Pitfall, Row20AClassWithoutGradientDoesNotHideTheOthers) {
  // class 1 is a tiny lead away, and no step leads there
  const auto network = affine_network({{1, 0}, {1, 0}, {-1, 0}}, {1e-12, 0, 0}, reference());
  const Wrapped led(*network, [](const Module& inner, const Var& x) {
    return shifted(inner(x), {1e-3, 0, 0});
  });
  Evaluator evaluator(led, reference());
  const AttackTask task = line_task({{0.25, 0}}, {0}, reference());
  for (const auto reading :
       {DeepFoolReading::foolbox1, DeepFoolReading::reference, DeepFoolReading::foolbox3}) {
    const AttackRecord record = DeepFool(DeepFoolOptions::of(reading))(evaluator, task).records[0];
    EXPECT_EQ(record.status, AttackStatus::success);
    EXPECT_EQ(record.adversarial_class, 2);
    EXPECT_EQ(record.iterations, 1);
  }
}

TEST(Pitfall, Row20ABrokenGradientIsReported) {
  const auto network = affine_network({{1, 0}, {-1, 0}}, {0, 0}, reference());
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    return broken_gradients(inner(x), [](Index) { return true; });
  });
  Evaluator evaluator(broken, reference());
  const AttackTask task = line_task({{0.25, 0}}, {0}, reference());
  const DeepFool deepfool;
  const Cw cw({.iterations = 3});
  for (const Attack* attack : {static_cast<const Attack*>(&deepfool), static_cast<const Attack*>(&cw)}) {
    const Outcome outcome = (*attack)(evaluator, task);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_nan) << attack->name();
    EXPECT_TRUE(same_bits(outcome.images, task.images)) << attack->name();
  }
}

TEST(Pitfall, Row21OnAffineModelsOneStepGoesAsFarAsTheOvershootSays) {
  for (const PixelNorm norm : {PixelNorm::l2, PixelNorm::linf})
    for (const double overshoot : {0.02, 0.05, 0.5}) {
      expect_one_step_of_the_right_length({.overshoot = overshoot, .norm = norm}, {}, 0);
      for (const auto reading : {DeepFoolReading::reference, DeepFoolReading::foolbox3})
        expect_one_step_of_the_right_length({.reading = reading, .overshoot = overshoot, .norm = norm}, {},
                                            1e-4);
    }
}

TEST(Pitfall, Row22StepsAreInDataUnitsWhateverThePixelRange) {
  for (const Range pixels : {Range{0, 255}, Range{0, 1}, Range{-4, 4}})
    expect_one_step_of_the_right_length({}, pixels, 0);
}

TEST(Pitfall, Row23RowsOfDeepFoolDoNotInfluenceEachOther) {
  const auto network = small_conv_network(10, {6}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {67, 3, 8, 8}, 7);
  std::vector<Index> shuffled;
  for (Index row = 0; row < 67; ++row) shuffled.push_back(row * 29 % 67);
  for (const auto reading :
       {DeepFoolReading::foolbox1, DeepFoolReading::reference, DeepFoolReading::foolbox3}) {
    const DeepFool attack(DeepFoolOptions::of(reading));
    const Outcome together = attack(evaluator, task);
    const Outcome permuted = attack(evaluator, rows_of(task, shuffled));
    Index fewest = 100, most = 0;
    for (Index row = 0; row < 67; ++row) {
      const auto i = static_cast<std::size_t>(row);
      const Index elsewhere = std::find(shuffled.begin(), shuffled.end(), row) - shuffled.begin();
      const Tensor mine = together.images.batch_slice(row, 1);
      EXPECT_TRUE(same_bits(permuted.images.batch_slice(elsewhere, 1), mine)) << row;
      EXPECT_EQ(to_csv(permuted.records[static_cast<std::size_t>(elsewhere)]), to_csv(together.records[i]));
      fewest = std::min(fewest, together.records[i].iterations);
      most = std::max(most, together.records[i].iterations);
      if (row % 11 != 0) continue;
      const Outcome alone = attack(evaluator, rows_of(task, {row}));
      EXPECT_TRUE(same_bits(alone.images, mine)) << row;
      EXPECT_EQ(to_csv(alone.records[0]), to_csv(together.records[i]));
    }
    EXPECT_LT(fewest, most) << "rows that all end at once show nothing";
  }
}

TEST(Pitfall, Row24SixtyFourCopiesAreEachOneImage) {
  const auto network = small_conv_network(10, {8}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask one = random_task(evaluator, {1, 3, 8, 8}, 9);
  const Cw attack({.binary_steps = 3, .iterations = 30});
  const Outcome alone = attack(evaluator, one);
  const Outcome many = attack(evaluator, rows_of(one, std::vector<Index>(64, 0)));
  for (Index row = 0; row < 64; ++row) {
    EXPECT_TRUE(same_bits(many.images.batch_slice(row, 1), alone.images)) << row;
    EXPECT_EQ(many.records[static_cast<std::size_t>(row)].forwards, alone.records[0].forwards);
  }
}

TEST(Pitfall, Row24ALargeFirstLossIsNoLackOfProgress) {
  const auto network = small_conv_network(10, {10}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {4, 3, 8, 8}, 11);
  CwOptions options{.initial_constant = 1e8, .binary_steps = 1, .iterations = 50};
  for (const AttackRecord& record : Cw(options)(evaluator, task).records) {
    EXPECT_EQ(record.status, AttackStatus::success);
    EXPECT_GT(record.forwards, 1);
  }
  options.abort = CwAbort::batch;
  for (const AttackRecord& record : Cw(options)(evaluator, task).records) {
    EXPECT_EQ(record.forwards, 1) << "cleverhans gives up at once";
    EXPECT_EQ(record.status, AttackStatus::fail_budget);
  }
}

TEST(Pitfall, Row25NegativeLogitsAreLogits) {
  const auto network = small_conv_network(10, {12}, reference());
  // whole numbers and few of them: the shift rounds nothing away
  const auto coarse = [](const Module& inner, const Var& x, double shift) {
    const Var z = inner(x);
    Values rounded = z.value().to_host_double();
    for (double& value : rounded) value = std::nearbyint(value * 0x1p12) * 0x1p-12 + shift;
    const Tensor y = tensor_of(rounded, z.shape(), z.device());
    return z.tape().record("round", {z}, y, [](const Tensor& dy, Cotangents& d) { d.add(0, dy); });
  };
  const Wrapped plain(*network, [&](const Module& inner, const Var& x) { return coarse(inner, x, 0); });
  const Wrapped negative(*network, [&](const Module& inner, const Var& x) { return coarse(inner, x, -50); });
  Evaluator evaluator(plain, reference()), other(negative, reference());
  AttackTask task = random_task(evaluator, {12, 3, 8, 8}, 13);
  for (const bool targeted : {false, true}) {
    std::vector<std::int32_t> targets = task.truth.to_host();
    for (std::int32_t& target : targets) target = (target + 3) % 10;
    if (targeted) task.targets = labels_of(targets, reference());
    const Cw attack({.binary_steps = 3, .iterations = 30});
    const Outcome expected = attack(evaluator, task), found = attack(other, task);
    EXPECT_TRUE(same_bits(found.images, expected.images));
    for (std::size_t row = 0; row < 12; ++row)
      EXPECT_EQ(found.records[row].status, expected.records[row].status);
  }
}

TEST(Pitfall, Row25TheLargestOtherLogitMayBeNegative) {
  const CwMargin margin = margin_of(std::vector<double>{-7, -3, -5}, {.label = 1});
  EXPECT_EQ(margin.sinking, 1);
  EXPECT_EQ(margin.rising, 2);
  EXPECT_EQ(margin.gap, 2);
  EXPECT_FALSE(margin.reached);
}

TEST(Pitfall, Row26SuccessMeansALeadOfKappa) {
  const auto network = perceptron({12, 20, 4}, {14}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {20, 1, 3, 4}, 15);
  for (const bool targeted : {false, true}) {
    std::vector<std::int32_t> targets = task.truth.to_host();
    for (std::int32_t& target : targets) target = (target + 1) % 4;
    if (targeted) task.targets = labels_of(targets, reference());
    for (const double kappa : {0.0, 1.5}) {
      const Outcome outcome = Cw({.kappa = kappa, .iterations = 100})(evaluator, task);
      Index successes = 0;
      for (const AttackRecord& record : outcome.records) {
        if (record.status != AttackStatus::success) continue;
        ++successes;
        EXPECT_GE(record.margin, kappa);
        EXPECT_LE(record.margin, kappa + 1) << "no further than asked for";
      }
      EXPECT_GE(successes, 15) << kappa;
    }
  }
}

TEST(Pitfall, Row26ATieIsDecidedAsArgmaxDoes) {
  EXPECT_TRUE(margin_of(std::vector<double>{1, 2}, {.label = 1, .kappa = -1}).reached)
      << "class 0 comes first";
  EXPECT_FALSE(margin_of(std::vector<double>{2, 1}, {.label = 0, .kappa = -1}).reached);
  EXPECT_TRUE(margin_of(std::vector<double>{3, 1}, {.label = 0, .targeted = true, .kappa = 2}).reached);
  EXPECT_FALSE(margin_of(std::vector<double>{1, 3}, {.label = 1, .targeted = true, .kappa = 2}).reached);
  EXPECT_TRUE(std::isnan(margin_of(std::vector<double>{1, std::nan("")}, {.label = 0}).gap));
  EXPECT_FALSE(margin_of(std::vector<double>{1, std::nan("")}, {.label = 0}).reached);
}

TEST(Pitfall, Row27EachConstantBeginsAnew) {
  const auto network = small_conv_network(10, {16}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {1, 3, 8, 8}, 17);
  CwOptions options{.initial_constant = 1, .binary_steps = 3, .iterations = 15, .abort = CwAbort::never};
  const auto images_of = [&](const CwOptions& these) {
    std::vector<Tensor> images;
    const Cw attack(these);
    const Outcome outcome =
        attack(evaluator, task, [&](const AttackStep& step) { images.push_back(step.images); });
    EXPECT_EQ(outcome.records[0].status, AttackStatus::success) << "constants are halved after successes";
    return images;
  };
  const std::vector<Tensor> searched = images_of(options);
  ASSERT_EQ(searched.size(), 45u);
  options.binary_steps = 1;
  for (std::size_t step = 0; step < 3; ++step) {
    const std::vector<Tensor> alone = images_of(options);
    ASSERT_EQ(alone.size(), 15u);
    for (std::size_t i = 0; i < 15; ++i)
      EXPECT_TRUE(same_bits(searched[15 * step + i], alone[i])) << step << " " << i;
    options.initial_constant /= 2;
  }
}

TEST(Pitfall, Row27EachImageHasItsOwnConstant) {
  const CwOptions options{.initial_constant = 1, .binary_steps = 5, .iterations = 1};
  CwSearch lucky(options, 0), unlucky(options, 1);
  const CwMargin success{.sinking = 0, .rising = 1, .gap = -1, .reached = true};
  const CwMargin failure{.sinking = 0, .rising = 1, .gap = 1};
  std::vector<double> low, high;
  for (int step = 0; step < 4; ++step) {
    high.push_back(lucky.constant());
    low.push_back(unlucky.constant());
    lucky.note(step == 2 ? failure : success, 1, 1);
    unlucky.note(step == 1 ? success : failure, 1, 1);
  }
  EXPECT_THAT(high, ElementsAre(1, 0.5, 0.25, 0.375));
  EXPECT_THAT(low, ElementsAre(1, 10, 5.5, 7.75));
}

TEST(Pitfall, Row28SaturatedPixelsAreFiniteAndMove) {
  const auto network = perceptron({12, 20, 4}, {18}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = sign(uniform({10, 1, 3, 4}, {}, {19}, reference()));
  task.truth = answers_of(evaluator, task.images);
  const Outcome outcome = Cw({.iterations = 200})(evaluator, task);
  Index successes = 0;
  for (const AttackRecord& record : outcome.records) {
    EXPECT_TRUE(std::isfinite(record.distortion.l2));
    EXPECT_NE(record.status, AttackStatus::fail_nan);
    successes += record.status == AttackStatus::success;
  }
  EXPECT_GE(successes, 8);
}

TEST(Pitfall, Row29AFailureIsReturnedAsTheImageItself) {
  // class 2 can never win: within the range, half of logit 0 less 5 is below logit 0
  const auto network = affine_network({{1, 0.5}, {-1, 0.25}, {0.5, 0.25}}, {0, 0, -5}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0.3, 0.1}, {-0.7, 0.2}}, {0, 1}, reference());
  task.targets = labels_of({2, 2}, reference());
  const Outcome outcome = Cw({.binary_steps = 3, .iterations = 20})(evaluator, task);
  EXPECT_TRUE(same_bits(outcome.images, task.images));
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.status, AttackStatus::fail_budget);
    EXPECT_EQ(record.distortion.l0_features, 0);
    EXPECT_EQ(record.first_success, -1);
    EXPECT_FALSE(record.fragile);
  }
}

TEST(Pitfall, Row29WithoutAGradientAFailureIsTheImageItself) {
  const auto constant = affine_network({{0, 0}, {0, 0}}, {1, 0}, reference());
  Evaluator evaluator(*constant, reference());
  const AttackTask task = line_task({{0.3, 1}, {-1, 0.2}}, {0, 0}, reference());
  for (const CwAbort abort : {CwAbort::row, CwAbort::batch, CwAbort::never}) {
    const Outcome outcome = Cw({.binary_steps = 2, .iterations = 5, .abort = abort})(evaluator, task);
    EXPECT_TRUE(same_bits(outcome.images, task.images));
    for (const AttackRecord& record : outcome.records) {
      EXPECT_EQ(record.status, AttackStatus::fail_zero_gradient);
      EXPECT_EQ(record.zero_gradient_share, 1);
      if (abort != CwAbort::batch) {
        EXPECT_EQ(record.forwards, 2) << "one look for each constant, since it cannot move";
      }
    }
  }
}

TEST(Pitfall, Row30DistancesAreThoseOfTheStoredImages) {
  const auto network = perceptron({12, 20, 4}, {20}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {10, 1, 3, 4}, 21);
  Values values = task.images.to_host_double();
  for (std::size_t i = 0; i < values.size(); i += 5) values[i] = 1;  // where the round trip loses most
  task.images = tensor_of(values, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  const Outcome outcome = Cw({.iterations = 100})(evaluator, task);
  for (Index row = 0; row < 10; ++row) {
    const Values before = task.images.batch_slice(row, 1).to_host_double();
    const Values after = outcome.images.batch_slice(row, 1).to_host_double();
    EXPECT_EQ(outcome.records[static_cast<std::size_t>(row)].distortion.l2, l2_between(before, after));
  }
}

}  // namespace
}  // namespace weir
