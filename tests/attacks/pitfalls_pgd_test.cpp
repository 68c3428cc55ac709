// The rows of the table of pitfalls (tests/attacks/pitfalls_test.cpp) that are about random starts, restarts,
// momentum and worst cases; and that no attack of the family is weaker than a weaker one.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/apgd.h"
#include "attacks/battery.h"
#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "attacks/mi_fgsm.h"
#include "attacks/noise.h"
#include "attacks/pgd.h"
#include "attacks/reading.h"
#include "attacks/summary.h"
#include "autograd/functions.h"
#include "tensor/ops/pointwise.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

Device& reference() { return Device::reference(); }

std::vector<Index> successes(const Outcome& outcome) {
  std::vector<Index> rows;
  for (std::size_t row = 0; row < outcome.records.size(); ++row)
    if (outcome.records[row].status == AttackStatus::success) rows.push_back(static_cast<Index>(row));
  return rows;
}

TEST(Pitfall, Row07AndRow39BatteriesAndTargetedLossesAreOfEachRowAlone) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 2);
  const Battery battery({.eps = 0.006, .iterations = 4, .target_classes = 2});
  const Apgd aimed({.eps = 0.006, .iterations = 4, .loss = ApgdLoss::dlr_targeted, .target_classes = 3});
  for (const Attack* attack : {static_cast<const Attack*>(&battery), static_cast<const Attack*>(&aimed)}) {
    const Outcome together = (*attack)(evaluator, task);
    for (const Index row : {0, 13, 39}) {
      const Outcome alone = (*attack)(evaluator, rows_of(task, {row}));
      EXPECT_TRUE(same_bits(alone.images, together.images.batch_slice(row, 1))) << row;
      EXPECT_EQ(to_csv(alone.records[0]), to_csv(together.records[static_cast<std::size_t>(row)]));
    }
    EXPECT_TRUE(same_bits((*attack)(evaluator, task).images, together.images));
  }
}

TEST(Pitfall, Row07StartsFollowTheIdAndNotThePlace) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {2, 3, 8, 8}, 4);
  task.ids = {7, 8};
  const Pgd attack({.eps = 0.05, .step = 0.001, .iterations = 1});
  const Tensor first = attack(evaluator, task).images;
  task.ids = {7, 9};
  const Tensor second = attack(evaluator, task).images;
  EXPECT_TRUE(same_bits(second.batch_slice(0, 1), first.batch_slice(0, 1)));
  EXPECT_FALSE(same_bits(second.batch_slice(1, 1), first.batch_slice(1, 1)));
  task.rng.seed = 5;
  EXPECT_FALSE(same_bits(attack(evaluator, task).images, second)) << "a seed that changes nothing is none";
}

TEST(Pitfall, Row35RestartsOnlyHelp) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {80, 3, 8, 8}, 6);
  const double eps = 0.02;
  const auto check = [&](const auto& attack_of) {
    std::vector<Index> before;
    std::size_t first = 0;
    for (const Index restarts : {1, 2, 3, 6}) {
      const Outcome outcome = (*attack_of(restarts))(evaluator, task);
      const std::vector<Index> now = successes(outcome);
      EXPECT_TRUE(std::ranges::includes(now, before)) << restarts;
      if (restarts == 1) first = now.size();
      before = now;
    }
    EXPECT_GT(before.size(), first) << "restarts that change nothing show nothing";
  };
  check([&](Index n) {
    return std::make_unique<Pgd>(PgdOptions{.eps = eps, .step = eps / 8, .iterations = 2, .restarts = n});
  });
  check([&](Index n) {
    return std::make_unique<Apgd>(ApgdOptions{.eps = eps, .iterations = 1, .restarts = n});
  });
  check([&](Index n) { return std::make_unique<Noise>(NoiseOptions{.eps = 4 * eps, .repeats = n}); });
}

TEST(Pitfall, Row36RandomStartsLieInBallAndRange) {
  const auto network = perceptron({30, 20, 5}, {7}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {60, 1, 5, 6}, 8);
  Values values = task.images.to_host_double();
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = i % 2 == 0 ? -1 : 1;
  task.images = tensor_of(values, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
    const Pgd pgd({.norm = norm, .eps = 0.3});
    const Apgd apgd({.norm = norm, .eps = 0.3});
    for (const Attack* attack : {static_cast<const Attack*>(&pgd), static_cast<const Attack*>(&apgd)}) {
      Index starts = 0, moved = 0, cut = 0;
      (*attack)(evaluator, task, [&](const AttackStep& step) {
        if (step.number > 0) return;
        ++starts;
        const Values now = step.images.to_host_double();
        for (std::size_t row = 0; row < 60; ++row) {
          double peak = 0, squares = 0;
          for (std::size_t i = row * 30; i < row * 30 + 30; ++i) {
            EXPECT_LE(std::abs(now[i]), 1.0);
            cut += i % 3 == 0 && now[i] == values[i];
            peak = std::max(peak, std::abs(now[i] - values[i]));
            squares += (now[i] - values[i]) * (now[i] - values[i]);
          }
          EXPECT_LE(norm == PixelNorm::linf ? peak : std::sqrt(squares), 0.3 * (1 + 0x1p-22) + 0x1p-23);
          moved += peak > 0;
        }
      });
      EXPECT_EQ(starts, 1);
      EXPECT_EQ(moved, 60);
      // of 600 pixels on the border, half would go over it
      EXPECT_NEAR(static_cast<double>(cut), 300, 75);
    }
  }
}

TEST(Pitfall, Row37MomentumStaysFiniteWithoutAGradient) {
  const auto hidden = affine_network({{-1}}, {0.5}, reference());
  const auto top = affine_network({{-1}, {1}}, {2, 0}, reference());
  const Wrapped shut(*hidden, [&](const Module& inner, const Var& x) { return (*top)(relu(inner(x))); });
  Evaluator evaluator(shut, reference());
  const AttackTask task = line_task({{0.75}, {0.25}}, {0, 0}, reference());
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
    const Outcome outcome = MiFgsm({.norm = norm, .eps = 0.1, .step = 0.02})(evaluator, task);
    const Values after = outcome.images.to_host_double();
    EXPECT_EQ(after[0], 0.75);
    EXPECT_NEAR(after[1], 0.15, 1e-5);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_zero_gradient);
    EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_budget);
  }
}

TEST(Pitfall, ANaNGradientLeavesItsRowAndNoOtherBehind) {
  const auto network = perceptron({6, 8, 4}, {9}, reference());
  // an image that begins with more than 0.9 breaks its own gradient, not its answer
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    const Values pixels = x.value().to_host_double();
    return broken_gradients(inner(x),
                            [&](Index row) { return pixels[static_cast<std::size_t>(row) * 6] > 0.9; });
  });
  Evaluator evaluator(broken, reference());
  AttackTask task = random_task(evaluator, {8, 1, 2, 3}, 10);
  Values values = task.images.to_host_double();
  for (std::size_t row = 0; row < 8; ++row) values[row * 6] = row % 2 == 0 ? 0.95 : 0.5;
  task.images = tensor_of(values, task.images.shape(), reference());
  task.truth = answers_of(evaluator, task.images);
  const Pgd pgd({.eps = 0.01, .step = 0.005, .iterations = 3, .start = Start::clean});
  const Apgd apgd({.eps = 0.01, .iterations = 3, .start = Start::clean});
  const MiFgsm momentum({.eps = 0.01, .step = 0.005, .iterations = 3});
  for (const Attack* attack : std::initializer_list<const Attack*>{&pgd, &apgd, &momentum}) {
    const Outcome outcome = (*attack)(evaluator, task);
    for (std::size_t row = 0; row < 8; ++row) {
      const bool is_broken = row % 2 == 0;
      EXPECT_EQ(outcome.records[row].status == AttackStatus::fail_nan, is_broken) << attack->name() << row;
      EXPECT_EQ(outcome.records[row].distortion.l0_features == 0, is_broken) << attack->name() << row;
    }
  }
}

TEST(Pitfall, Row40TheWorstCaseOfEachInputIsReported) {
  const auto network = small_conv_network(10, {11}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {80, 3, 8, 8}, 12);
  const Battery battery({.eps = 0.03, .iterations = 1, .target_classes = 2});
  const std::vector<Index> worst = successes(battery(evaluator, task));
  std::vector<Index> any;
  for (const auto& member : battery.members()) {
    const std::vector<Index> alone = successes((*member)(evaluator, task));
    EXPECT_TRUE(std::ranges::includes(worst, alone)) << member->name();
    std::vector<Index> both;
    std::ranges::set_union(any, alone, std::back_inserter(both));
    any = both;
  }
  EXPECT_EQ(worst, any) << "neither more nor less than what some member breaks by itself";
  EXPECT_THAT(worst.size(), testing::AllOf(testing::Gt(0u), testing::Lt(80u)));
}

/// The share of inputs that an attack fools.
double rate(Evaluator& evaluator, const AttackTask& task, const Attack& attack) {
  return summarise(attack(evaluator, task)).success.value;
}

TEST(Monotony, MoreStepsAndALargerBallNeverFoolFewer) {
  const auto network = small_conv_network(10, {13}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {100, 3, 8, 8}, 14);
  std::vector<Index> before;
  for (const Index iterations : {2, 4, 8, 16}) {
    const std::vector<Index> now =
        successes(Pgd({.eps = 0.01, .step = 0.0025, .iterations = iterations})(evaluator, task));
    EXPECT_TRUE(std::ranges::includes(now, before)) << iterations << " steps begin with those of fewer";
    before = now;
  }
  double last_pgd = 0, last_apgd = 0, last_momentum = 0;
  for (const double eps : {0.005, 0.01, 0.02, 0.04, 0.16}) {
    const double pgd = rate(evaluator, task, Pgd({.eps = eps, .step = eps / 4, .iterations = 10}));
    const double apgd = rate(evaluator, task, Apgd({.eps = eps, .iterations = 10}));
    const double momentum = rate(evaluator, task, MiFgsm({.eps = eps, .step = eps / 10}));
    EXPECT_GE(pgd, last_pgd);
    EXPECT_GE(apgd, last_apgd);
    EXPECT_GE(momentum, last_momentum);
    last_pgd = pgd;
    last_apgd = apgd;
    last_momentum = momentum;
  }
  EXPECT_GT(last_pgd, 0.9) << "an eps sweep that ends where nothing happens shows nothing";
}

TEST(Monotony, TheWholeRangeFoolsEveryInput) {
  const auto network = small_conv_network(10, {15}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {50, 3, 8, 8}, 16);
  EXPECT_EQ(rate(evaluator, task, Pgd({.eps = 2, .step = 0.1})), 1);
  EXPECT_EQ(rate(evaluator, task, Apgd({.eps = 2, .iterations = 30})), 1);
  EXPECT_EQ(rate(evaluator, task, Battery({.eps = 2, .iterations = 30})), 1);
}

TEST(Monotony, FromNoiseToTheBattery) {
  const auto network = small_conv_network(10, {17}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {100, 3, 8, 8}, 18);
  const double eps = 0.03;
  const double noise = rate(evaluator, task, Noise({.eps = eps}));
  const double one_step = rate(evaluator, task, Fgsm({.eps = eps}));
  const double steps = rate(evaluator, task, Igsm({.eps = eps, .step = eps / 4, .iterations = 10}));
  const double battery = rate(evaluator, task, Battery({.eps = eps, .iterations = 20}));
  EXPECT_LT(noise, one_step / 2);
  EXPECT_LE(one_step, steps);
  EXPECT_LE(steps, battery);
}

}  // namespace
}  // namespace weir
