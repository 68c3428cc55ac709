#include "attacks/summary.h"

#include <cmath>
#include <gtest/gtest.h>

namespace weir {
namespace {

AttackRecord record(AttackStatus status, double l2 = 0) {
  AttackRecord result{.label = 1, .clean_class = status == AttackStatus::skipped_misclassified ? 2 : 1};
  result.status = status;
  result.distortion.l2 = l2;
  return result;
}

TEST(Summary, RatesAreOfTheInputsTheModelGotRight) {
  const std::vector<AttackRecord> records = {
      record(AttackStatus::success, 1), record(AttackStatus::fail_budget, 2),
      record(AttackStatus::skipped_misclassified), record(AttackStatus::fail_zero_gradient),
      record(AttackStatus::success, 3)};
  const AttackSummary s = summarise(records);
  EXPECT_EQ(s.images, 5);
  EXPECT_EQ(s.clean_accuracy.value, 0.8);
  EXPECT_EQ(s.success.hits, 2);
  EXPECT_EQ(s.success.trials, 4);
  EXPECT_EQ(s.robust_accuracy.value, 0.4);
  EXPECT_EQ(s.skipped, 1);
  EXPECT_EQ(s.count_of(AttackStatus::fail_zero_gradient), 1);
  EXPECT_EQ(s.l2.count, 2);
  EXPECT_EQ(s.l2.mean, 2);
}

TEST(Summary, AMisclassifiedInputNeverCountsWhateverItsStatusSays) {
  AttackRecord wrong = record(AttackStatus::success, 100);
  wrong.clean_class = 4;
  const std::vector<AttackRecord> records = {wrong, record(AttackStatus::success, 1)};
  EXPECT_EQ(summarise(records).success.trials, 1);
  EXPECT_EQ(summarise(records).l2.mean, 1);
}

TEST(Summary, QuartilesAreLinearBetweenOrderStatistics) {
  std::vector<AttackRecord> records;
  for (const double l2 : {4.0, 1.0, 3.0, 2.0}) records.push_back(record(AttackStatus::success, l2));
  const Spread spread = summarise(records).l2;
  EXPECT_EQ(spread.lower_quartile, 1.75);
  EXPECT_EQ(spread.median, 2.5);
  EXPECT_EQ(spread.upper_quartile, 3.25);
  EXPECT_EQ(spread.median_with_failures, 2.5);
}

TEST(Summary, FailuresAreInfinitelyFarInTheFairMedian) {
  std::vector<AttackRecord> records;
  for (const double l2 : {1.0, 2.0, 3.0}) records.push_back(record(AttackStatus::success, l2));
  records.push_back(record(AttackStatus::fail_budget));
  records.push_back(record(AttackStatus::fail_budget));
  EXPECT_EQ(summarise(records).l2.median, 2);
  EXPECT_EQ(summarise(records).l2.median_with_failures, 3);
  records.push_back(record(AttackStatus::fail_nan));
  EXPECT_EQ(summarise(records).l2.median_with_failures, INFINITY);
  records.erase(records.begin(), records.begin() + 2);
  EXPECT_EQ(summarise(records).l2.median_with_failures, INFINITY) << "both in the middle are failures";
}

TEST(Summary, WithoutSuccessesThereAreNoDistances) {
  const std::vector<AttackRecord> records = {record(AttackStatus::fail_budget, 5)};
  const AttackSummary s = summarise(records);
  EXPECT_TRUE(std::isnan(s.l2.mean));
  EXPECT_TRUE(std::isnan(s.confidence.median));
  EXPECT_EQ(s.success.value, 0);
  EXPECT_TRUE(std::isnan(summarise(std::vector<AttackRecord>{}).l2.median_with_failures));
}

TEST(Summary, RoundingIsARateOfTheSuccesses) {
  std::vector<AttackRecord> records(4, record(AttackStatus::success));
  records[2].survives_rounding = true;
  records.push_back(record(AttackStatus::fail_budget));
  records.back().fragile = true;
  const AttackSummary s = summarise(records);
  EXPECT_EQ(s.survives_rounding.value, 0.25);
  EXPECT_EQ(s.fragile, 1);
}

TEST(Wilson, AgreesWithPublishedIntervals) {
  // Brown, Cai & DasGupta 2001 and Newcombe 1998: 81 of 263 gives .2553 to .3662, 15 of 148 .0624 to .1605, 1
  // of 29 .0061 to .1718
  const auto expect = [](const Rate& rate, double low, double high) {
    EXPECT_NEAR(rate.low, low, 5e-5);
    EXPECT_NEAR(rate.high, high, 5e-5);
  };
  expect(rate_of(81, 263), 0.2553, 0.3662);
  expect(rate_of(15, 148), 0.0624, 0.1605);
  expect(rate_of(1, 29), 0.0061, 0.1718);
  expect(rate_of(0, 20), 0, 0.1611);
}

TEST(Wilson, StaysWithinZeroAndOne) {
  EXPECT_EQ(rate_of(0, 7).low, 0);
  EXPECT_EQ(rate_of(7, 7).high, 1);
  EXPECT_EQ(rate_of(0, 0).low, 0);
  EXPECT_EQ(rate_of(0, 0).high, 1);
  EXPECT_EQ(rate_of(0, 0).value, 0);
}

}  // namespace
}  // namespace weir
