// Statements that are decided by contrasts of known sign.
#include "study/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

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

TEST(Findings, ARowWithoutAStatusDecidesNothing) {
  EXPECT_EQ(decided({{.what = "decides", .status = Status::holds}, {.what = "told"}}), Status::holds);
  EXPECT_EQ(decided({{.what = "decides", .status = Status::fails}, {.what = "told"}}), Status::fails);
  EXPECT_EQ(decided({{.what = "told"}}), Status::not_measured);
}

TEST(Findings, WithoutADistanceNothingIsSaidAboutIt) {
  const HandMade made;
  for (const auto& tested : {paths_differ(made.analysed()), output_moves_more(made.analysed()),
                             input_paths_similar(made.analysed())}) {
    EXPECT_EQ(tested.status, Status::not_measured);
    EXPECT_EQ(tested.ours, "no attack has enough successes");
  }
}

HandMade with_fgsm() {
  HandMade made;
  made.fill("original", "fgsm",
            {.successes = {0, 1, 2, 3, 4, 5}, .on = {{"original", {.iip = 1.1, .oip = 2.3}}}});
  return made;
}

TEST(Findings, ACaseHasItsNumbersAndWhatItSaysByItself) {
  const HandMade made = with_fgsm();
  const Tested similar = input_paths_similar(made.analysed());
  ASSERT_EQ(similar.rows.size(), 1u);
  const FindingRow& fgsm = similar.rows[0];
  EXPECT_EQ(fgsm.what, "FGSM");
  EXPECT_NEAR(fgsm.measured.value, 0.1, 1e-12);
  EXPECT_TRUE(fgsm.measured.interval.has_value());
  EXPECT_NEAR(fgsm.measured.bias.value(), 0, 1e-12);  // level paths: every draw is alike
  EXPECT_EQ(fgsm.status, Status::fails);              // normal images are alike, too: the margin is 0
  EXPECT_EQ(similar.status, Status::fails);
  const Tested farther = output_moves_more(made.analysed());
  EXPECT_EQ(farther.rows.at(0).what, "FGSM, 0.3000 − 0.1000");
  EXPECT_NEAR(farther.rows.at(0).measured.value, 0.2, 1e-12);
}

TEST(Findings, JsonHasTheCasesAsNumbers) {
  const HandMade made = with_fgsm();
  const Analysis analysis = made.analysed();
  const auto json = nlohmann::json::parse(findings_json(analysis, findings_of(analysis)));
  std::map<std::string, nlohmann::json> finding;
  for (const auto& one : json.at("findings")) {
    finding[one.at("id")] = one;
    for (const char* key : {"status", "statement", "paper", "test", "ours"}) EXPECT_TRUE(one.contains(key));
  }
  const auto& similar = finding.at("Q2c").at("rows").at(0);
  EXPECT_EQ(similar.at("what"), "FGSM");
  EXPECT_NEAR(similar.at("value").get<double>(), 0.1, 1e-12);
  EXPECT_EQ(similar.at("n"), 6);
  EXPECT_EQ(similar.at("interval").size(), 2u);
  EXPECT_TRUE(similar.at("bias").is_number());
  EXPECT_EQ(similar.at("status"), "does not hold");
  EXPECT_FALSE(similar.contains("p_value"));
  const auto& differ = finding.at("Q1c").at("rows");
  ASSERT_EQ(differ.size(), 2u);
  EXPECT_EQ(differ.at(1).at("what"), "FGSM, OIP");
  EXPECT_TRUE(differ.at(1).at("p_value").is_number());
  EXPECT_FALSE(differ.at(1).contains("interval"));
  EXPECT_EQ(finding.at("Q5a").at("rows").size(), 0u);
  EXPECT_TRUE(json.at("attacks").at(0).at("iip").at("bias").is_number());
}

TEST(Findings, EveryStatementHasItsTestWrittenDown) {
  for (const Direction& direction : paper_of_tests().directions()) EXPECT_FALSE(direction.test.empty());
}

}  // namespace
}  // namespace weir
