// Every help text: on one screen, with its examples first, and with nothing in it that the parser does not
// know.
#include <algorithm>
#include <gmock/gmock.h>
#include <regex>
#include <sstream>

#include "tests/apps/run_weir.h"

namespace weir {
namespace {

using Words = std::vector<std::string>;

/// The names under "Commands:" or "Names:".
Words children_in(const std::string& help) {
  Words names;
  bool inside = false;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (line == "Commands:" || line == "Names:")
      inside = true;
    else if (line.empty())
      inside = false;
    else if (inside && line[2] != ' ')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

struct Page {
  Words command;
  std::string text;
};

void collect(const Words& command, std::vector<Page>& pages) {
  Words words = command;
  words.push_back("--help");
  const Ran ran = run_weir(words);
  EXPECT_EQ(ran.code, 0) << testing::PrintToString(words);
  EXPECT_EQ(ran.err, "");
  pages.push_back({command, ran.out});
  for (const std::string& child : children_in(ran.out)) {
    Words longer = command;
    longer.push_back(child);
    collect(longer, pages);
  }
}

const std::vector<Page>& pages() {
  static const std::vector<Page> all = [] {
    std::vector<Page> found;
    collect({}, found);
    return found;
  }();
  return all;
}

TEST(Help, FitsAScreen) {
  ASSERT_GT(pages().size(), 1u);
  for (const Page& page : pages()) {
    SCOPED_TRACE(testing::PrintToString(page.command));
    EXPECT_LE(std::ranges::count(page.text, '\n'), 40);
    std::istringstream lines(page.text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(Help, ShowsTwoExamplesFirst) {
  for (const Page& page : pages()) {
    SCOPED_TRACE(testing::PrintToString(page.command));
    std::istringstream lines(page.text);
    std::string summary, empty, first, second;
    std::getline(lines, summary), std::getline(lines, empty), std::getline(lines, first),
        std::getline(lines, second);
    EXPECT_EQ(empty, "");
    EXPECT_THAT(first, testing::StartsWith("  weir "));
    EXPECT_THAT(second, testing::StartsWith("  weir "));
  }
}

TEST(Help, SaysWhichNumericsACommandComputesWith) {
  const auto help = [](const Words& command) {
    for (const Page& page : pages())
      if (page.command == command) return page.text;
    return std::string("no such page");
  };
  for (const Words& fast : {Words{"attack", "fgsm"}, {"attack", "jsma"}, {"study"}})
    EXPECT_THAT(help(fast), testing::HasSubstr("fast (default): the quickest"));
  for (const Words& exact : {Words{"eval"}, {"predict"}, {"gradient"}})
    EXPECT_THAT(help(exact), testing::HasSubstr("exact (default): the same bits in any batch"));
  for (const Words& by_recipe : {Words{"train"}, {"compress"}, {"distill"}}) {
    EXPECT_THAT(help(by_recipe), testing::HasSubstr("otherwise the recipe's"));
    EXPECT_THAT(help(by_recipe), testing::Not(testing::HasSubstr("fast (default)")));
  }
}

TEST(Help, OfACommandWithNamesShowsWhatAllOfThemTake) {
  EXPECT_THAT(run_weir({"attack", "--help"}).out,
              testing::HasSubstr("Usage: weir attack NAME WEIGHTS [options]\n"));
  EXPECT_THAT(run_weir({"trace", "--help"}).out,
              testing::HasSubstr("Usage: weir trace NAME WEIGHTS --image I [options]\n"));
  EXPECT_THAT(run_weir({"data", "--help"}).out, testing::HasSubstr("Usage: weir data NAME [options]\n"));
}

TEST(Help, CallsSharedOptionsShared) {
  EXPECT_THAT(run_weir({"eval", "--help"}).out, testing::HasSubstr("\nShared options:\n"));
  for (const Page& page : pages())
    EXPECT_THAT(page.text, testing::Not(testing::HasSubstr("of all commands")));
}

TEST(Help, TellsSeedsFromTheSeed) {
  const std::string study = run_weir({"study", "--help"}).out;
  EXPECT_THAT(study, testing::HasSubstr("images attacked"));
  EXPECT_THAT(study, testing::HasSubstr("not `--seed`"));
}

TEST(Help, ExamplesUseOnlyOptionsThatExist) {
  const std::regex option("--[a-z0-9-]+");
  for (const Page& page : pages()) {
    std::istringstream lines(page.text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  weir ")) continue;
      // The example may stand on its parent's page: the options of the page that it belongs to count.
      const Page* belongs = &page;
      for (const Page& other : pages()) {
        std::string start = "  weir";
        for (const std::string& word : other.command) start += " " + word;
        if ((line + " ").starts_with(start + " ") && other.command.size() > belongs->command.size())
          belongs = &other;
      }
      for (std::sregex_iterator at(line.begin(), line.end(), option), end; at != end; ++at)
        EXPECT_THAT(belongs->text, testing::HasSubstr("\n  " + at->str())) << line;
    }
  }
}

}  // namespace
}  // namespace weir
