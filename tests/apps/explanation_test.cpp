// Everything that a user may meet a name of can be explained.
#include "apps/explanation.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <regex>
#include <set>
#include <sstream>

#include "attacks/registry.h"
#include "generated/places.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The codes that stand in quotes or brackets in our sources, but for the explanations themselves.
std::set<std::string> codes_in_the_sources() {
  const std::regex code("[\"\\[]([EW][0-9]{4})[\"\\]]");  // "E0217", or warning[W0510] in a message
  std::set<std::string> codes;
  for (const char* folder :
       {"tensor", "autograd", "layers", "optim", "data", "models", "attacks", "infoflow", "study", "apps"})
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(fs::path(WEIR_SOURCE_DIR) / folder)) {
      const fs::path path = entry.path();
      if ((path.extension() != ".cpp" && path.extension() != ".h" && path.extension() != ".cu") ||
          path.stem() == "explanation_errors")
        continue;
      const std::string text = text_of(path);
      for (std::sregex_iterator found(text.begin(), text.end(), code); found != std::sregex_iterator();
           ++found)
        codes.insert((*found)[1]);
    }
  return codes;
}

/// Of all lists.
std::vector<std::string> every_text() {
  std::vector<std::string> texts;
  for (const auto list : {attack_explanations(), term_explanations(), error_explanations()})
    for (const Explanation& one : list) texts.push_back(explained(one.names.front()));
  return texts;
}

TEST(Explain, KnowsEveryErrorThatTheSourcesCanRaiseAndNoOther) {
  std::set<std::string> explained_codes;
  for (const Explanation& one : error_explanations()) explained_codes.insert(std::string(one.names.front()));
  EXPECT_EQ(explained_codes, codes_in_the_sources());
}

TEST(Explain, KnowsEveryAttackWithItsFormulaAndItsOptions) {
  for (const std::string& name : attack_names()) {
    const std::string text = explained(name);
    for (const OptionDescription& option : attack_options(name))
      EXPECT_THAT(text, testing::HasSubstr("--" + option.name));
  }
  for (const Explanation& one : attack_explanations()) EXPECT_FALSE(one.formula.empty()) << one.names.front();
}

TEST(Explain, FitsOnAScreen) {
  for (const std::string& text : every_text()) {
    EXPECT_LE(std::ranges::count(text, '\n'), 40) << text;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
  }
}

/// A line of a text that is broken in mid-sentence ends near the margin of the source.
TEST(Explain, TextsReadInTheSourceAsTheyPrint) {
  int broken = 0;
  for (const char* file : {"explanation_terms.cpp", "explanation_attacks.cpp"}) {
    std::istringstream source(text_of(fs::path(WEIR_SOURCE_DIR) / "apps" / file));
    std::string line;
    for (std::string next; std::getline(source, next); line = next) {
      const auto start = next.find_first_not_of(' ');
      if (!line.ends_with(" \"") || start == std::string::npos || next[start] != '"') continue;
      EXPECT_GT(line.size(), 85u) << line;
      ++broken;
    }
  }
  EXPECT_GT(broken, 30);
  EXPECT_THAT(explained("transfer"), testing::HasSubstr("make similar mistakes"));
}

TEST(Explain, ErrorsSayWhatHappenedAndWhatToDo) {
  for (const Explanation& one : error_explanations())
    EXPECT_EQ(std::ranges::count(one.text, '\n'), 1)
        << one.names.front() << ": a line each, which wrap by themselves";
}

TEST(Explain, SendsReadersToFilesThatAreThere) {
  const std::regex file("[a-z_]+/[a-z_0-9/]+(\\.md|\\.h|\\.cpp|/)");
  int named = 0;
  for (const auto list : {attack_explanations(), term_explanations()})
    for (const Explanation& one : list) {
      const std::string text(one.read_on);
      for (std::sregex_iterator found(text.begin(), text.end(), file); found != std::sregex_iterator();
           ++found) {
        EXPECT_TRUE(fs::exists(fs::path(WEIR_SOURCE_DIR) / found->str()))
            << one.names.front() << ": " << found->str();
        ++named;
      }
    }
  EXPECT_GT(named, 40);
}

TEST(Explain, HasOneMeaningForEachWord) {
  std::vector<std::string_view> words = explained_words();
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
}

TEST(Explain, ListsEveryErrorInALine) {
  const std::string list = explained("errors");
  EXPECT_EQ(std::ranges::count(list, '\n'), static_cast<std::ptrdiff_t>(error_explanations().size()));
  EXPECT_THAT(list, testing::HasSubstr("\nE0006  Two options exclude each other.\n"));
  EXPECT_THAT(list, testing::HasSubstr("\nW0701  The GPU that was asked for"));
}

TEST(Explain, TakesWordsAsPeopleWriteThem) {
  EXPECT_EQ(explained("Gradient_Masking"), explained("gradient-masking"));
  EXPECT_EQ(explained("bim"), explained("igsm"));
  EXPECT_EQ(explained("e0217"), explained("E0217"));
}

TEST(Explain, NamesTheNearestOfWhatItKnows) {
  const Diagnosis diagnosis = diagnosis_of([] { explained("deepfol"); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0219", "nothing to explain under `deepfol`"));
  EXPECT_THAT(diagnosis.help, testing::HasSubstr("deepfool"));
}

}  // namespace
}  // namespace weir
