#include "study/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tensor/check.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Printed rate{.text = "0.4667", .value = 0.4667, .decimals = 4, .rule = {.kind = RuleKind::interval}};
const Printed count{.text = "896", .value = 896, .decimals = 0, .rule = {.kind = RuleKind::exact}};

Table small_table(Settings settings) {
  return {.id = "table2",
          .label = "Table II",
          .title = "Two \"attacks\"",
          .settings = settings,
          .columns = {{"attack", "Attack"}, {"success_rate", "Success"}, {"n", "n"}},
          .rows = {{std::string("FGSM, \"fast\""),
                    Comparison{.paper = &rate,
                               .ours = Measured{.value = 0.5, .interval = Interval{0.43, 0.57}, .n = 180}},
                    Index{180}},
                   {std::string("IGSM"), Comparison{.paper = &rate}, Index{0}}}};
}

TEST(Table, CsvHoldsPaperOursIntervalDifferenceAndVerdict) {
  EXPECT_EQ(to_csv(small_table(Settings::as_printed)),
            "attack,success_rate,success_rate_low,success_rate_high,success_rate_n,success_rate_paper,"
            "success_rate_difference,success_rate_verdict,n,settings\n"
            "\"FGSM, \"\"fast\"\"\",0.5,0.43,0.57,180,0.4667,0.0333,agrees,180,as printed\n"
            "IGSM,,,,,0.4667,,,0,as printed\n");
}

TEST(Table, ADistanceHasItsBiasBehindItsInterval) {
  Table table = small_table(Settings::as_printed);
  std::get<Comparison>(table.rows[0][1]).ours->bias = -0.00001;
  EXPECT_THAT(to_html(table), Not(HasSubstr("bias")));
  EXPECT_THAT(to_csv(table), Not(HasSubstr("bias")));
  table.columns[1].quantity = Quantity::distance;
  EXPECT_THAT(to_html(table), HasSubstr("0.5700</span><span class=\"bias\">bias 0.0000</span>"));
  EXPECT_THAT(to_csv(table), HasSubstr("success_rate_high,success_rate_bias,success_rate_n,"));
  EXPECT_THAT(to_csv(table), HasSubstr(",0.5,0.43,0.57,-1e-05,180,"));
  EXPECT_THAT(to_csv(table), HasSubstr("IGSM,,,,,,0.4667,,,0,as printed\n"));
}

TEST(Table, ReducedSettingsAreSaidAndNotJudged) {
  const Table table = small_table(Settings::reduced);
  EXPECT_THAT(to_csv(table),
              HasSubstr(",unjudged,180,\"reduced settings, not comparable with the paper\"\n"));
  EXPECT_THAT(to_html(table), HasSubstr("reduced settings, not comparable with the paper</strong>"));
  EXPECT_THAT(to_html(table), Not(HasSubstr("class=\"verdict")));
}

TEST(Table, CountsDoNotDependOnSettings) {
  const Comparison equal{.paper = &count, .ours = Measured{.value = 896}};
  EXPECT_EQ(verdict_of(equal, Settings::reduced), Verdict::agrees);
}

TEST(Table, FewerThanTenInputsAreIndicative) {
  const auto with = [](Index n) {
    return Comparison{.paper = &rate, .ours = Measured{.value = 0.5, .interval = Interval{0.2, 0.8}, .n = n}};
  };
  EXPECT_EQ(verdict_of(with(10), Settings::as_printed), Verdict::agrees);
  EXPECT_EQ(verdict_of(with(9), Settings::as_printed), Verdict::unjudged);
  Table table = small_table(Settings::as_printed);
  table.rows[0][1] = with(9);
  EXPECT_THAT(to_html(table), HasSubstr("indicative, n = 9"));
}

TEST(Table, WhatWasNotMeasuredSaysSo) {
  EXPECT_THAT(to_html(small_table(Settings::as_printed)), HasSubstr("not measured"));
  EXPECT_EQ(verdict_of(Comparison{.paper = &rate}, Settings::as_printed), Verdict::unjudged);
}

TEST(Table, RowsOfTheWrongLengthAreRefused) {
  Table table = small_table(Settings::as_printed);
  table.rows[1].pop_back();
  EXPECT_THROW(to_csv(table), Error);
}

}  // namespace
}  // namespace weir
