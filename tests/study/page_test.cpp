// The rules of the report page: self-contained, offline, accessible, the same bytes for the same content.
#include "study/page.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generated/places.h"
#include "study/palette.h"
#include "tests/data/temporary_folder.h"
#include "tests/study/html_checks.h"
#include "tests/study/synthetic_report.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Paper& paper() {
  static const Paper read = Paper::read(WEIR_SOURCE_DIR "/study/paper.json");
  return read;
}

class ReportPage : public ::testing::Test {
 protected:
  static std::string html_;
  static void SetUpTestSuite() {
    const TemporaryFolder folder;  // tests of this suite run side by side
    html_ = synthetic_report(paper(), folder.path());
    const auto for_eyes = std::filesystem::path(::testing::TempDir()) / "weir_synthetic_report.html";
    std::ofstream(for_eyes) << html_;
  }
};
std::string ReportPage::html_;

TEST_F(ReportPage, LoadsNothingFromAnywhere) {
  expect_nothing_loaded(html_);
  EXPECT_THAT(html_, Not(HasSubstr("<script")));
  EXPECT_LT(html_.size(), 4u << 20);
}

TEST_F(ReportPage, EveryIdIsUniqueAndEveryReferenceLeadsSomewhere) {
  expect_unique_ids_and_whole_references(html_);
}

TEST_F(ReportPage, TagsAreBalanced) { expect_balanced_tags(html_); }

TEST_F(ReportPage, EveryPictureHasWords) { expect_words_for_every_picture(html_); }

TEST_F(ReportPage, TextFromOutsideIsEscaped) {
  EXPECT_THAT(html_, HasSubstr("Synthetic paths &lt;of&gt; &quot;nothing&quot; &amp; nobody"));
}

TEST_F(ReportPage, ReducedTablesSayWhatTheyAre) {
  EXPECT_EQ(all_matches(html_, "<strong class=\"(reduced)\">reduced settings, not comparable with the paper")
                .size(),
            1u);
  EXPECT_THAT(html_, HasSubstr("indicative, n = 9"));
}

TEST_F(ReportPage, ACardShowsItsCasesAndTheRuleThatWasFixedBeforehand) {
  EXPECT_THAT(html_, HasSubstr("<div class=\"cases\" role=\"region\" aria-label=\"Q1a, case by case\""));
  EXPECT_THAT(html_, HasSubstr("<th scope=\"col\">p</th>"));
  EXPECT_THAT(html_, HasSubstr("<tr><td class=\"holds\"><span class=\"glyph\" role=\"img\" "
                               "aria-label=\"holds\">✓</span></td><th scope=\"row\">FGSM, IIP</th>"
                               "<td>0.0089</td><td>0.0050</td></tr>"));
  EXPECT_THAT(html_, HasSubstr("<th scope=\"col\">Interval</th>"));
  EXPECT_THAT(html_, HasSubstr("<th scope=\"row\">C&amp;W, 0.0234 − 0.0132</th><td>0.0102</td>"
                               "<td>0.0000 – 0.0157</td></tr>"));
  EXPECT_THAT(html_,
              HasSubstr("<tr><td></td><th scope=\"row\">told beside</th><td>0.5000</td><td></td></tr>"));
  EXPECT_THAT(html_, HasSubstr("<td>not measured</td><td></td></tr>"));
  EXPECT_THAT(html_, HasSubstr("<b>Rule, fixed before any run:</b> Holds when a &lt;synthetic&gt; bound"));
}

TEST_F(ReportPage, TwoRunsGiveTheSameBytes) {
  const TemporaryFolder folder;
  EXPECT_EQ(synthetic_report(paper(), folder.path()), html_);
}

TEST(Palette, KnowsNoStrangeColours) { EXPECT_THROW(colour("puce"), std::runtime_error); }

TEST(Palette, InlinedSvgFollowsTheScheme) {
  const std::string svg = inlined_svg(
      "<?xml?><svg width=\"5\" height=\"4\" viewBox=\"0 0 5 4\"><title>t</title>"
      "<path id='a' stroke='rgb(213,  94,   0)' fill=\"#1c2128\"/><text fill=\"rgb(28,33,40)\"/><use "
      "href='#a'/></svg>",
      {.alternative = "a \"path\"", .prefix = "p"});
  EXPECT_EQ(svg,
            "<svg viewBox=\"0 0 5 4\" role=\"img\" aria-label=\"a &quot;path&quot;\">"
            "<path id='p_a' stroke='var(--fgsm)' fill=\"var(--ink)\"/><text fill=\"var(--ink)\"/><use "
            "href='#p_a'/></svg>");
}

TEST(Page, ANumberThatRoundsToNothingHasNoSign) {
  EXPECT_EQ(with_decimals(-0.00004, 4), "0.0000");
  EXPECT_EQ(with_decimals(-0.00006, 4), "-0.0001");
  EXPECT_EQ(with_decimals(-0.4, 0), "0");
}

TEST(Page, WhatStandsBetweenBackticksIsCode) {
  EXPECT_EQ(message_in_html("no `a<b`; `weir train x` makes it"),
            "no <code>a&lt;b</code>; <code>weir train x</code> makes it");
  EXPECT_EQ(message_in_html("one ` alone & nothing"), "one ` alone &amp; nothing");
}

}  // namespace
}  // namespace weir
