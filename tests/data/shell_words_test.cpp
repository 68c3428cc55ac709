#include "data/shell_words.h"

#include <array>
#include <cstdio>
#include <gtest/gtest.h>

namespace weir {
namespace {

/// What a shell makes of a command line that is given to a program: its words, each with a line's end.
std::string words_in_a_shell(const std::string& command) {
  const std::string script = "printf '%s\\n' " + command;
  FILE* shell = popen(script.c_str(), "r");
  std::string words;
  std::array<char, 256> part;
  while (std::fgets(part.data(), static_cast<int>(part.size()), shell) != nullptr) words += part.data();
  EXPECT_EQ(pclose(shell), 0);
  return words;
}

TEST(ShellWords, PlainWordsStayAsTheyAre) {
  const std::vector<std::string> words = {"attack", "fgsm", "--eps=8/255", "a,b:c_d@1.0+%"};
  EXPECT_EQ(shell_command(words), "weir attack fgsm --eps=8/255 a,b:c_d@1.0+%");
}

TEST(ShellWords, AShellReadsEveryWordAsItWas) {
  const std::vector<std::string> words = {"it's", "two words", "",  "$HOME", "`id`", "a\\b", "\"q\"",
                                          "*",    "~",         "#", "a;b",   "'",    "''",   "x&y>z"};
  std::string expected = "weir\n";
  for (const std::string& word : words) expected += word + "\n";
  EXPECT_EQ(words_in_a_shell(shell_command(words)), expected);
}

}  // namespace
}  // namespace weir
