// The charts of a trace against numbers worked out by hand.
#include "study/trace_charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/study/synthetic_trace.h"

namespace weir {
namespace {

using ::testing::SizeIs;

/// A trace of logits alone: class 0 is true.
Trace trace_of(const std::vector<std::vector<double>>& logits, std::int32_t target = no_class) {
  Trace trace{.record = {.label = 0, .target = target}};
  for (const auto& z : logits) trace.steps.push_back({.image = {}, .logits = z});
  trace.record.adversarial_class = 1;
  return trace;
}

TEST(LogitChart, MarksTheCrossingBetweenTwoIterations) {
  // Class 0 leads by 1, then class 1 leads by 3: they meet after a quarter of the step.
  const LineChart chart = logit_chart(trace_of({{4, 1}, {3, 2}, {1, 4}}));
  ASSERT_TRUE(chart.mark.has_value());
  EXPECT_DOUBLE_EQ(chart.mark->x, 1.25);
  EXPECT_EQ(chart.mark->words, "class 1 from step 2");
}

TEST(LogitChart, TheTargetCrossesWhoeverLeads) {
  // Class 2 has overtaken the truth before the target, class 1, overtakes it: 2 ahead, then 2 behind.
  const LineChart chart = logit_chart(trace_of({{5, 0, 3}, {0, 2, 4}, {0, 5, 3}}, 1));
  ASSERT_TRUE(chart.mark.has_value());
  EXPECT_DOUBLE_EQ(chart.mark->x, 1.5);
  EXPECT_EQ(chart.mark->words, "class 1 from step 2");
}

TEST(LogitChart, AStartElsewhereIsNoStep) {
  Trace trace = trace_of({{4, 1}, {3, 2}, {1, 4}});
  trace.begins_elsewhere = true;
  const LineChart chart = logit_chart(trace);
  EXPECT_EQ(chart.lines[0].points[0].x, -1) << "the original";
  EXPECT_DOUBLE_EQ(chart.mark->x, 0.25);
  EXPECT_EQ(chart.mark->words, "class 1 from step 1");
  EXPECT_THAT(chart.x_label, ::testing::HasSubstr("0: the start"));
  trace.steps.pop_back();
  trace.steps[1].logits = {1, 4};
  EXPECT_EQ(logit_chart(trace).mark->words, "class 1 from the start");
}

TEST(LogitChart, ASuccessThatDoesNotLastIsCalledTheFirst) {
  EXPECT_EQ(logit_chart(trace_of({{4, 1}, {1, 4}, {4, 1}, {1, 2}})).mark->words, "first class 1 at step 1");
}

TEST(LogitChart, WithoutACrossingThereIsNoMark) {
  EXPECT_FALSE(logit_chart(trace_of({{4, 1}, {3, 2}})).mark.has_value());
}

TEST(LogitChart, HasALineAClassAndNamesThoseOfTheStory) {
  const LineChart chart = logit_chart(synthetic_trace());
  ASSERT_THAT(chart.lines, SizeIs(10));
  EXPECT_EQ(chart.lines[8].name, "cat");
  EXPECT_EQ(chart.lines[9].name, "dog");
  EXPECT_EQ(chart.lines[7].name, "");
  EXPECT_EQ(chart.lines[9].points[4].y, synthetic_trace().steps[4].logits[5]);
}

TEST(ConfidenceChart, SumsToOneHundred) {
  const LineChart chart = confidence_chart(synthetic_trace());
  double sum = 0;
  for (const ChartLine& line : chart.lines) sum += line.points[3].y;
  EXPECT_NEAR(sum, 100, 1e-9);
}

TEST(PathChart, RunsFromBlackToOrange) {
  const Trace trace = synthetic_trace({.steps = 60});
  for (const PathKind kind : {PathKind::input, PathKind::output}) {
    const LineChart chart = path_chart(trace, kind);
    ASSERT_THAT(chart.lines, SizeIs(step_colours));
    EXPECT_EQ(chart.lines.front().colour, "var(--step-0)");
    EXPECT_EQ(chart.lines.back().colour, "var(--step-11)");
    ASSERT_THAT(chart.lines.back().points, SizeIs(4));
    EXPECT_EQ(chart.lines.back().points[2].x, 3);
    const TraceStep& last = trace.last();
    EXPECT_EQ(chart.lines.back().points[2].y, kind == PathKind::input ? last.iip[2] : last.oip[2]);
  }
}

TEST(ChangeChart, IsTheLastPathMinusTheFirst) {
  const LineChart chart = change_chart(synthetic_trace({.steps = 10}));
  ASSERT_THAT(chart.lines, SizeIs(3)) << "zero, IIP, OIP";
  EXPECT_NEAR(chart.lines[1].points[3].y, -0.02, 1e-12);
  EXPECT_NEAR(chart.lines[2].points[3].y, -0.12, 1e-12);
}

TEST(DriftChart, IsTheMeanOverTheLayers) {
  const LineChart chart = drift_chart(synthetic_trace({.steps = 10}));
  EXPECT_NEAR(chart.lines[0].points[5].y, 0.01, 1e-12);
  EXPECT_NEAR(chart.lines[1].points[5].y, 0.004 * 5 * (0 + 1 + 2 + 3) / 4, 1e-12);
}

}  // namespace
}  // namespace weir
