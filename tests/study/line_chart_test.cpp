#include "study/line_chart.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tensor/check.h"
#include "tests/study/html_checks.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

LineChart chart_of(std::vector<ChartLine> lines) {
  return {.title = "Title",
          .x_label = "iteration",
          .y_label = "nats",
          .alternative = "Two lines & a \"mark\".",
          .lines = std::move(lines)};
}

/// The texts in grey under the x axis.
std::vector<std::string> tick_texts(const std::string& svg) {
  return all_matches(svg, R"re(text-anchor="middle" fill="var\(--muted\)">([0-9.-]+)<)re");
}

TEST(LineChart, SaysInWordsWhatItShows) {
  const std::string svg = to_svg(chart_of({{.colour = "var(--ink)", .points = {{0, 1}, {1, 2}}}}));
  EXPECT_THAT(svg, HasSubstr("role=\"img\" aria-label=\"Two lines &amp; a &quot;mark&quot;.\""));
  expect_balanced_tags(svg);
}

TEST(LineChart, EndsOfALineLieOnTheFrame) {
  const std::string svg = to_svg(chart_of({{.colour = "black", .points = {{0, 0}, {4, 10}}}}));
  // Zero is the floor, at 338 - 46; the right edge is at 460 - 14.
  EXPECT_THAT(all_matches(svg, "<path d=\"(M[^\"]*)\" fill=\"none\""), ElementsAre("M50.0 292.0L446.0 74.7"));
}

TEST(LineChart, IterationsHaveNoHalves) {
  LineChart chart = chart_of({{.colour = "black", .points = {{0, 1}, {1, 2}}}});
  EXPECT_THAT(tick_texts(to_svg(chart)), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  chart.x_ticks = Ticks::whole;
  EXPECT_THAT(tick_texts(to_svg(chart)), ElementsAre("0", "1"));
}

TEST(LineChart, ANumberThatIsNoneIsAGap) {
  const std::string svg =
      to_svg(chart_of({{.colour = "black", .points = {{0, 1}, {1, 1}, {2, std::nan("")}, {3, 2}, {4, 2}}}}));
  const auto paths = all_matches(svg, "<path d=\"(M[^\"]*)\" fill=\"none\"");
  ASSERT_THAT(paths, SizeIs(1));
  EXPECT_EQ(std::count(paths[0].begin(), paths[0].end(), 'M'), 2);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, AConstantIsDrawnAndNothingIsRefused) {
  for (const double value : {0.0, 3.0, -3.0})
    EXPECT_THAT(to_svg(chart_of({{.colour = "black", .points = {{0, value}, {1, value}}}})),
                Not(HasSubstr("nan")));
  EXPECT_THROW(to_svg(chart_of({{.colour = "black", .points = {{0, std::nan("")}}}})), Error);
  EXPECT_THROW(to_svg(chart_of({})), Error);
}

TEST(LineChart, NamesThatMeetArePushedApart) {
  const std::string svg = to_svg(chart_of({{.name = "cat", .colour = "black", .points = {{0, 0}, {1, 5}}},
                                           {.name = "dog", .colour = "blue", .points = {{0, 1}, {1, 5}}},
                                           {.name = "bird", .colour = "red", .points = {{0, 9}, {1, 5}}}}));
  std::vector<double> heights;
  for (const std::string& y : all_matches(svg, R"re(y="([0-9.]+)" font-size="14" font-weight="620")re"))
    heights.push_back(std::stod(y));
  std::sort(heights.begin(), heights.end());
  ASSERT_THAT(heights, SizeIs(3));
  EXPECT_GE(heights[1] - heights[0], 17);
  EXPECT_GE(heights[2] - heights[1], 17);
}

TEST(LineChart, FiveThousandPointsAreThinnedAndKeepTheirEnd) {
  ChartLine line{.colour = "black"};
  for (int i = 0; i <= 5000; ++i) line.points.push_back({static_cast<double>(i), i == 5000 ? 7.0 : 0.0});
  const auto paths = all_matches(to_svg(chart_of({line})), "<path d=\"(M[^\"]*)\" fill=\"none\"");
  ASSERT_THAT(paths, SizeIs(1));
  EXPECT_LE(std::count(paths[0].begin(), paths[0].end(), 'L'), 501);
  EXPECT_THAT(paths[0], testing::EndsWith("L446.0 74.7"));
}

TEST(LineChart, MarksStandWhereTheyAreToldTo) {
  LineChart chart = chart_of({{.colour = "black", .points = {{0, 0}, {4, 10}}}});
  chart.mark = ChartMark{.x = 1, .words = "dog from step 1"};
  EXPECT_THAT(to_svg(chart), HasSubstr("M149.0"));
  EXPECT_THAT(to_svg(chart), HasSubstr("text-anchor=\"start\" fill=\"var(--ink)\">dog from step 1<"));
}

}  // namespace
}  // namespace weir
