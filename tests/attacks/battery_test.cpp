#include "attacks/battery.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/summary.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

Device& reference() { return Device::reference(); }

constexpr BatteryOptions small{.eps = 0.006, .iterations = 5, .target_classes = 2};

bool won(const AttackRecord& record) { return record.status == AttackStatus::success; }

TEST(Battery, AMemberSeesOnlyRowsThatStand) {
  const auto network = small_conv_network(10, {1}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {60, 3, 8, 8}, 2);
  std::vector<std::vector<Index>> seen;  // by member: a first look at each row it is given
  const Outcome outcome = Battery(small)(evaluator, task, [&](const AttackStep& step) {
    if (step.number == 0) seen.emplace_back(step.rows.begin(), step.rows.end());
  });
  ASSERT_EQ(seen.size(), Battery(small).members().size());
  EXPECT_EQ(seen[0].size(), 60u);
  for (std::size_t m = 1; m < seen.size(); ++m) {
    EXPECT_TRUE(std::ranges::includes(seen[m - 1], seen[m]));
  }
  EXPECT_LT(seen.back().size(), 60u) << "members that break nothing show nothing";
  for (const Index row : seen.back())
    EXPECT_GT(outcome.records[static_cast<std::size_t>(row)].iterations, 10);
}

TEST(Battery, RecordsAddUpToWhatTheEvaluatorCounted) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = Battery(small)(evaluator, random_task(evaluator, {50, 3, 8, 8}, 4));
  Index forwards = 0, backwards = 0, standing = 0;
  for (const AttackRecord& record : outcome.records) {
    forwards += record.forwards;
    backwards += record.backwards;
    standing += !won(record);
    EXPECT_FALSE(record.fragile);
    if (won(record)) {
      EXPECT_GE(record.first_success, 1);
      EXPECT_LE(record.first_success, record.iterations);
    } else {
      EXPECT_EQ(record.iterations, 1 + 5 + 5 + 2 * 5);
    }
  }
  EXPECT_EQ(outcome.crafting.forwards, forwards);
  EXPECT_EQ(outcome.crafting.backwards, backwards);
  EXPECT_GT(standing, 0);
}

TEST(Battery, ReturnsTheWorstImageOfWhatStands) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {50, 3, 8, 8}, 6);
  const Battery battery({.eps = 0.002, .iterations = 5, .target_classes = 2});
  const Outcome worst = battery(evaluator, task);
  Index failures = 0;
  for (const auto& member : battery.members()) {
    const Outcome alone = (*member)(evaluator, task);
    for (std::size_t row = 0; row < 50; ++row) {
      if (won(worst.records[row])) continue;
      ++failures;
      EXPECT_GE(worst.records[row].margin, alone.records[row].margin) << row;
    }
  }
  EXPECT_GT(failures, 0);
}

TEST(Battery, TakesTargetsAndBothNorms) {
  const auto network = perceptron({12, 20, 5}, {7}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({30, 1, 3, 4}, {}, {8}, reference());
  task.truth = answers_of(evaluator, task.images);
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + 1) % 5;
  task.targets = labels_of(targets, reference());
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
    const Outcome outcome = Battery({.norm = norm, .eps = 1.5, .iterations = 10})(evaluator, task);
    EXPECT_GE(summarise(outcome).success.hits, 15);
    for (std::size_t row = 0; row < 30; ++row)
      EXPECT_EQ(won(outcome.records[row]), outcome.records[row].adversarial_class == targets[row]);
  }
}

TEST(Battery, NeedsTheClassesOfDlr) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  EXPECT_THROW(Battery({.eps = 0.1})(evaluator, line_task({{0.5}}, {0}, reference())), Error);
}

}  // namespace
}  // namespace weir
