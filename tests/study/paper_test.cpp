// The transcription of the paper, checked against sums and identities that the paper itself implies.
#include "study/paper.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "generated/places.h"
#include "tensor/check.h"

namespace weir {
namespace {

const Paper& paper() {
  static const Paper read = Paper::read(WEIR_SOURCE_DIR "/study/paper.json");
  return read;
}

Printed printed(double value, int decimals, Rule rule) {
  return {.value = value, .decimals = decimals, .rule = rule};
}

TEST(PaperNumbers, EveryTableIsThere) {
  // II 8 x 4, III 4 x 2, IV 2 x 2, V 6 x 3, VI 6, VII 3 x 2, VIII 9 x 4, IX 9, X 25, text 7.
  EXPECT_EQ(paper().count_of_numbers(), 32 + 8 + 4 + 18 + 6 + 6 + 36 + 9 + 25 + 7);
  EXPECT_EQ(paper().directions().size(), 16u);
  EXPECT_EQ(paper().printed("table2", "original/fgsm", "success_rate").value, 0.4667);
  EXPECT_EQ(paper().word("table2", "original/fgsm", "norm"), "linf");
  EXPECT_EQ(paper().setting("fgsm", "epsilon"), 0.025);
}

TEST(PaperNumbers, TableTenAddsUpToTheParametersOfTheOriginal) {
  double sum = 0;
  for (int layer = 0; layer <= 24; ++layer)
    sum += paper().printed("table10", std::to_string(layer), "parameters").value;
  EXPECT_EQ(sum, paper().printed("table4", "original", "parameters").value);
  EXPECT_EQ(sum, paper().printed("table7", "good-init", "parameters").value);
}

TEST(PaperNumbers, TableFiveAveragesFollowFromTheirColumns) {
  for (const char* row : {"fgsm/original", "fgsm/compressed", "jsma/original", "jsma/compressed",
                          "cw/original", "cw/compressed"}) {
    const double average =
        (paper().printed("table5", row, "iip").value + paper().printed("table5", row, "oip").value) / 2;
    EXPECT_NEAR(paper().printed("table5", row, "average").value, average, 0.5001e-4) << row;
  }
}

TEST(PaperNumbers, SuccessRatesAreFractionsOfTheCorrectInputs) {
  // The counts are inferred: successes out of the inputs that each model classifies correctly (180, 184, 170,
  // 180).
  const auto fraction = [](const char* table, const char* row, int successes, int trials) {
    EXPECT_NEAR(paper().printed(table, row, "success_rate").value, double(successes) / trials, 0.5001e-4)
        << row;
  };
  fraction("table2", "original/fgsm", 84, 180);
  fraction("table2", "original/igsm", 114, 180);
  fraction("table2", "original/jsma", 87, 180);
  fraction("table2", "original/deepfool", 177, 180);
  fraction("table2", "original/cw", 158, 180);
  fraction("table2", "compressed/fgsm", 82, 184);
  fraction("table2", "compressed/jsma", 60, 184);
  fraction("table8", "fgsm/deep-conv", 122, 170);
  fraction("table8", "jsma/deep-conv", 121, 170);
  fraction("table8", "fgsm/vgg-like", 114, 180);
  fraction("table8", "jsma/vgg-like", 139, 180);
}

TEST(PaperNumbers, PrecisionIsWhatWasPrinted) {
  EXPECT_EQ(paper().printed("table9", "good-init", "good-init").decimals, 3);
  EXPECT_EQ(paper().printed("table6", "fgsm/compressed/original", "transferability").decimals, 2);
  EXPECT_EQ(paper().printed("table2", "compressed/cw", "success_rate").decimals, 1);
}

TEST(PaperNumbers, RowsCanHaveTheirOwnRule) {
  EXPECT_EQ(paper().printed("table2", "original/fgsm", "distortion").rule.name, "distortion_of_fixed_step");
  EXPECT_EQ(paper().printed("table2", "original/jsma", "distortion").rule.name, "distortion_of_search");
}

TEST(PaperNumbers, AskingForWhatThePaperDoesNotPrintIsAnError) {
  EXPECT_THROW(paper().printed("table3", "jsma", "oip"), Error);
  EXPECT_EQ(paper().find("table3", "jsma", "oip"), nullptr);
  EXPECT_THROW(paper().setting("fgsm", "label"), Error);
}

TEST(PaperNumbers, ADamagedFileIsNamed) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "paper_damaged.json";
  std::ofstream(path) << R"({"rules": {}, "row_rules": [], "tables": {"table1": {"rows": {}}}})";
  try {
    Paper::read(path);
    FAIL() << "a table without a title was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0440");
    EXPECT_NE(error.diagnosis().message.find("paper_damaged.json"), std::string::npos);
    EXPECT_NE(error.diagnosis().note.find("title"), std::string::npos);
  }
}

TEST(Judging, AnIntervalAgreesWhenItHoldsThePapersValue) {
  const Printed rate = printed(0.4667, 4, {.kind = RuleKind::interval});
  EXPECT_EQ(judge(rate, {.value = 0.50, .interval = Interval{0.43, 0.57}}), Verdict::agrees);
  EXPECT_EQ(judge(rate, {.value = 0.52, .interval = Interval{0.48, 0.56}}), Verdict::near);
  EXPECT_EQ(judge(rate, {.value = 0.60, .interval = Interval{0.55, 0.65}}), Verdict::differs);
  // Only the side towards the paper counts.
  EXPECT_EQ(judge(rate, {.value = 0.40, .interval = Interval{0.10, 0.41}}), Verdict::differs);
}

TEST(Judging, TolerancesAreAbsoluteOrRelativeAndGrantTheRounding) {
  const Printed accuracy = printed(0.9024, 4, {.kind = RuleKind::absolute, .tolerance = 0.01});
  EXPECT_EQ(judge(accuracy, {.value = 0.9124}), Verdict::agrees);
  EXPECT_EQ(judge(accuracy, {.value = 0.9130}), Verdict::near);
  EXPECT_EQ(judge(accuracy, {.value = 0.8800}), Verdict::differs);
  const Printed distortion = printed(0.0263, 4, {.kind = RuleKind::relative, .tolerance = 0.05});
  EXPECT_EQ(judge(distortion, {.value = 0.0263 * 1.049}), Verdict::agrees);
  EXPECT_EQ(judge(distortion, {.value = 0.0263 * 1.09}), Verdict::near);
  EXPECT_EQ(judge(distortion, {.value = 0.0263 * 1.2}), Verdict::differs);
  const Printed coarse = printed(0.86, 2, {.kind = RuleKind::absolute, .tolerance = 0.0});
  EXPECT_EQ(judge(coarse, {.value = 0.8649}), Verdict::agrees);
}

TEST(Judging, CountsMustBeEqualAndSettingsAreNotJudged) {
  EXPECT_EQ(judge(printed(896, 0, {.kind = RuleKind::exact}), {.value = 896}), Verdict::agrees);
  EXPECT_EQ(judge(printed(896, 0, {.kind = RuleKind::exact}), {.value = 897}), Verdict::differs);
  EXPECT_EQ(judge(printed(8, 0, {.kind = RuleKind::none}), {.value = 8}), Verdict::unjudged);
}

}  // namespace
}  // namespace weir
