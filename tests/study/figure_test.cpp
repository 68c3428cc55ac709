#include "study/figure.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/read_file.h"
#include "study/gnuplot.h"
#include "study/image_grid.h"
#include "tensor/check.h"
#include "tests/study/synthetic_report.h"
#include "tests/support/environment_variable.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::filesystem::path empty_folder(const std::string& name) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

bool gnuplot_is_here() {
  const auto folder = empty_folder("weir_gnuplot_probe");
  return run_gnuplot(folder, "/dev/null").empty();
}

TEST(Figure, CsvHasTheCommonColumnsOfAllPathFigures) {
  const std::string csv = to_csv(synthetic_figure());
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "figure,panel,measured_on,population,k,mean,sd,n,ci_lo,ci_hi,gp_mean,gp_sd,x");
  EXPECT_THAT(csv, HasSubstr("\n4,OIP,good-init,FGSM,1,"));
}

/// gnuplot marks every point that it finds.
std::size_t marks_in(const std::string& svg) {
  std::size_t count = 0;
  for (auto at = svg.find(") scale("); at != std::string::npos; at = svg.find(") scale(", at + 1)) ++count;
  return count;
}

TEST(Figure, DrawsItselfAndEveryPanelWithItsOwnName) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  const auto folder = empty_folder("weir_figure");
  const Figure figure = synthetic_figure();
  EXPECT_EQ(draw(figure, folder), "");
  for (const char* file : {"fig4.svg", "fig4-iip.svg", "fig4-oip.svg", "fig4-ioc.svg"})
    EXPECT_THAT(read_text_file(folder / file), HasSubstr("</svg>")) << file;
  EXPECT_THAT(read_text_file(folder / "fig4-oip.svg"), HasSubstr("fig4_oip_plot_1"));
  std::size_t points = 0;
  for (const FigureCurve& curve : figure.panels[1].curves) points += curve.points.size();
  EXPECT_EQ(marks_in(read_text_file(folder / "fig4-oip.svg")), points);
  // What gnuplot worked in is gone; a reader can draw the figure again from what is left.
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_FALSE(entry.is_directory()) << entry.path();
  EXPECT_EQ(run_gnuplot(folder, "fig4.gp"), "");
}

/// A model's name comes from a file of weights.
TEST(Figure, NamesAreWordsAndNeverCommands) {
  const auto folder = empty_folder("weir_figure_of_hostile_names");
  const std::string hostile = "a, `touch " + (folder / "owned").string() + "` \"'; @b $c \\ \nset output 'x'";
  Figure figure = synthetic_figure();
  figure.measured_on = figure.title = hostile;
  for (Panel& panel : figure.panels) {
    panel.title += hostile;
    panel.measured_on = hostile;
    for (FigureCurve& curve : panel.curves) curve.population += hostile;
  }
  const std::string script = to_gnuplot(figure);
  EXPECT_THAT(script, Not(HasSubstr("`touch")));
  EXPECT_THAT(script, Not(HasSubstr("\nset output 'x'")));
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  EXPECT_EQ(draw(figure, folder), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "owned"));
  std::size_t points = 0;
  for (const FigureCurve& curve : figure.panels[1].curves) points += curve.points.size();
  EXPECT_EQ(marks_in(read_text_file(folder / file_name(figure, figure.panels[1]))), points);
}

TEST(Figure, WithoutGnuplotItSaysSoAndKeepsTheNumbers) {
  const auto folder = empty_folder("weir_figure_without_gnuplot");
  const EnvironmentVariable nowhere("PATH", "/nonexistent");
  const Figure figure = synthetic_figure();
  const std::string missing = draw(figure, folder);
  EXPECT_THAT(missing, HasSubstr("gnuplot was not found"));
  EXPECT_TRUE(std::filesystem::exists(folder / "fig4.csv"));
  EXPECT_TRUE(std::filesystem::exists(folder / "fig4.gp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "fig4.svg"));
  const std::string html = to_html(figure, folder, missing);
  EXPECT_THAT(html, HasSubstr("gnuplot was not found"));
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
}

TEST(Figure, WhatGnuplotComplainsAboutIsReported) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  const auto folder = empty_folder("weir_figure_complaint");
  EXPECT_THAT(run_gnuplot(folder, "no_such_script.gp"), HasSubstr("no_such_script.gp"));
}

TEST(ImageGridFigure, DifferencesAreAmplifiedAroundGrey) {
  const std::vector<float> before{0.0f, 0.5f, -1.0f}, after{0.025f, 0.5f, -0.9f};
  const auto shown = amplified_difference(after, before, 20.0f);
  EXPECT_FLOAT_EQ(shown[0], 0.5f);
  EXPECT_FLOAT_EQ(shown[1], 0.0f);
  EXPECT_FLOAT_EQ(shown[2], 1.0f);  // 2, clipped
}

TEST(ImageGridFigure, EveryPictureHasItsWindowOnOneSprite) {
  const std::string svg = to_svg(synthetic_grid());
  std::size_t windows = 0;
  for (auto at = svg.find("<use "); at != std::string::npos; at = svg.find("<use ", at + 1)) ++windows;
  EXPECT_EQ(windows, 24u);
  EXPECT_EQ(svg.find("<image "), svg.rfind("<image "));
  EXPECT_THAT(svg, HasSubstr("viewBox=\"224 64 32 32\""));  // row 3, column 8
  EXPECT_THAT(svg, HasSubstr(">ship 0.57</text>"));
}

TEST(ImageGridFigure, RaggedRowsAreRefused) {
  ImageGrid grid = synthetic_grid();
  grid.rows[1].cells.pop_back();
  EXPECT_THROW(to_svg(grid), Error);
}

}  // namespace
}  // namespace weir
