#include "data/shell_words.h"

#include <string_view>

namespace weir {
namespace {

/// Inside quotes only the quote itself has a meaning: it ends them, and stands outside, escaped.
std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string shell_command(std::span<const std::string> words) {
  std::string line = "weir";
  for (const std::string& word : words) line += " " + shell_word(word);
  return line;
}

}  // namespace weir
