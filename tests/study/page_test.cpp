// The rules of the report page: self-contained, offline, accessible, the same bytes for the same content.
#include "study/page.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>

#include "generated/places.h"
#include "study/palette.h"
#include "tests/data/temporary_folder.h"
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

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
    found.push_back((*it)[1]);
  return found;
}

/// What stands between < and >, in order. By hand: std::regex recurses once a character, and a picture has
/// 100,000.
std::vector<std::string> tags_of(const std::string& html) {
  std::vector<std::string> tags;
  for (auto first = html.find('<'); first != std::string::npos; first = html.find('<', first)) {
    const auto last = html.find('>', first);
    tags.push_back(html.substr(first + 1, last - first - 1));
    first = last;
  }
  return tags;
}

TEST_F(ReportPage, LoadsNothingFromAnywhere) {
  for (const std::string& target : all_matches(html_, R"re((?:src|href)=["']([^"']{0,40}))re"))
    EXPECT_TRUE(target[0] == '#' || target.rfind("data:image/png;base64,", 0) == 0) << target;
  EXPECT_THAT(html_, HasSubstr("default-src 'none'; img-src data:"));
  EXPECT_THAT(html_, Not(HasSubstr("@import")));
  EXPECT_THAT(html_, Not(HasSubstr("<script")));
  EXPECT_LT(html_.size(), 4u << 20);
}

TEST_F(ReportPage, EveryIdIsUniqueAndEveryReferenceLeadsSomewhere) {
  std::map<std::string, int> ids;
  for (const std::string& id : all_matches(html_, R"re(\bid=["']([^"']+))re")) ++ids[id];
  for (const auto& [id, count] : ids) EXPECT_EQ(count, 1) << id;
  for (const std::string& target : all_matches(html_, R"re(href=["']#([^"']+))re"))
    EXPECT_EQ(ids.count(target), 1u) << target;
}

TEST_F(ReportPage, TagsAreBalanced) {
  std::vector<std::string> open;
  for (const std::string& tag : tags_of(html_)) {
    const bool closing = tag[0] == '/';
    const std::string name =
        tag.substr(closing ? 1 : 0, tag.find_first_of(" \n>", closing ? 1 : 0) - (closing ? 1 : 0));
    if (name == "meta" || name == "!DOCTYPE" || tag.back() == '/') continue;
    if (!closing) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    ASSERT_EQ(open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST_F(ReportPage, EveryPictureHasWords) {
  for (const std::string& tag : tags_of(html_)) {
    const bool described =
        tag.find("aria-label=\"") != std::string::npos || tag.find("aria-hidden") != std::string::npos;
    EXPECT_TRUE(tag.rfind("svg ", 0) != 0 || described) << tag;
  }
}

TEST_F(ReportPage, TextFromOutsideIsEscaped) {
  EXPECT_THAT(html_, HasSubstr("Synthetic paths &lt;of&gt; &quot;nothing&quot; &amp; nobody"));
}

TEST_F(ReportPage, ReducedTablesSayWhatTheyAre) {
  EXPECT_EQ(all_matches(html_, "<strong class=\"(reduced)\">reduced settings, not comparable with the paper")
                .size(),
            1u);
  EXPECT_THAT(html_, HasSubstr("indicative, n = 9"));
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

}  // namespace
}  // namespace weir
