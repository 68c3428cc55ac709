// Statements that are decided by contrasts of known sign.
#include "study/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/study/hand_made.h"

namespace weir {
namespace {

TEST(Findings, AContrastIsDecidedByItsBounds) {
  EXPECT_EQ(positive({.value = 1, .interval = Interval{0.5, 2}, .n = 9}), Status::holds);
  EXPECT_EQ(positive({.value = 1, .interval = Interval{-0.5, 2}, .n = 9}), Status::undecided);
  EXPECT_EQ(positive({.value = -1, .interval = Interval{-2, -0.5}, .n = 9}), Status::fails);
  EXPECT_EQ(positive({}), Status::not_measured);
}

TEST(Findings, OneCaseThatFailsFailsTheWhole) {
  EXPECT_EQ(combined({Status::holds, Status::fails, Status::undecided}), Status::fails);
  EXPECT_EQ(combined({Status::holds, Status::undecided}), Status::undecided);
  EXPECT_EQ(combined({Status::holds, Status::holds}), Status::holds);
  EXPECT_EQ(combined({}), Status::not_measured);
}

TEST(Findings, AccuraciesAreComparedImageByImage) {
  HandMade made;
  made.network("compressed").accuracy.right.assign(1000, 1);
  made.network("compressed").accuracy.evaluation = {.count = 1000, .correct = 1000};
  made.network("original").accuracy.right.assign(1000, 1);
  std::fill_n(made.network("original").accuracy.right.begin(), 100, 0);
  made.network("original").accuracy.evaluation = {.count = 1000, .correct = 900};
  EXPECT_EQ(compressed_as_accurate(made.analysed()).status, Status::holds);
  std::swap(made.network("compressed").accuracy, made.network("original").accuracy);
  EXPECT_EQ(compressed_as_accurate(made.analysed()).status, Status::fails);
}

TEST(Findings, DistillationMayLoseHalfAPoint) {
  HandMade made;
  for (const char* role : {"original", "distilled"}) {
    made.network(role).accuracy.right.assign(10000, 1);
    made.network(role).accuracy.evaluation = {.count = 10000, .correct = 10000};
  }
  std::fill_n(made.network("distilled").accuracy.right.begin(), 20, 0);
  made.network("distilled").accuracy.evaluation.correct = 9980;
  EXPECT_EQ(distilled_as_accurate(made.analysed()).status, Status::holds);
  std::fill_n(made.network("distilled").accuracy.right.begin(), 200, 0);
  made.network("distilled").accuracy.evaluation.correct = 9800;
  EXPECT_EQ(distilled_as_accurate(made.analysed()).status, Status::fails);
}

TEST(Findings, HardlyTransferringIsAtMostOneInTen) {
  HandMade made;
  const std::vector<Index> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  made.fill("deep-conv", "jsma",
            {.successes = all, .on = {{"original", {.wrong = all}}, {"vgg-like", {.wrong = all}}}});
  EXPECT_EQ(deep_conv_hardly_transfers(made.analysed()).status, Status::fails);
  made.fill("deep-conv", "jsma", {.successes = all, .on = {{"original", {}}, {"vgg-like", {}}}});
  EXPECT_EQ(deep_conv_hardly_transfers(made.analysed()).status, Status::undecided);  // 0 of 12 says little
}

TEST(Findings, EveryStatementHasItsTestWrittenDown) {
  for (const Direction& direction : paper_of_tests().directions()) EXPECT_FALSE(direction.test.empty());
}

}  // namespace
}  // namespace weir
