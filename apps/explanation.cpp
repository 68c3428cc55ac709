#include "apps/explanation.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "apps/attack_options.h"
#include "attacks/registry.h"
#include "study/attack_words.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

/// "Gradient Masking" and "gradient_masking" are "gradient-masking".
std::string plain(std::string_view word) {
  std::string result;
  for (const char c : word)
    result += c == ' ' || c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

const Explanation* found_in(std::span<const Explanation> list, const std::string& word) {
  for (const Explanation& one : list)
    for (const std::string_view name : one.names)
      if (plain(name) == word) return &one;
  return nullptr;
}

std::string indented(std::string_view lines) {
  std::string result = "    ";
  for (const char c : lines) result += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return result + "\n";
}

/// Words in lines of at most 96 columns; what is divided by an empty line stays divided.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 96;
  std::string result;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (column > 0 && column + 1 + (end - at) > width) result += '\n', column = 0;
    if (column > 0) result += ' ', ++column;
    result += text.substr(at, end - at);
    column += end - at;
    if (end < text.size() && text[end] == '\n') result += "\n\n", column = 0;
    at = end + 1;
  }
  return result + "\n";
}

std::string options_of(std::string_view attack) {
  std::string text = "\nWhat it can be told:\n";
  for (const OptionDescription& option : attack_options(attack))
    text += fmt::format("    --{:<18} {}\n", option.name, words_of(option));
  return text;
}

std::string said(const Explanation& one) {
  std::string text = wrapped(one.text);
  if (!one.formula.empty()) text += "\n" + indented(one.formula);
  return text;
}

std::string about_attack(const Explanation& one) {
  const std::string_view name = one.names.front();
  const AttackWords words = words_of_attack(name);
  return fmt::format("{} (weir attack {})\n\n{}\n", words.title, name, wrapped(words.explanation)) +
         said(one) + options_of(name);
}

std::string read_on(const Explanation& one) {
  return one.read_on.empty() ? "" : "\nRead on:\n" + indented(one.read_on);
}

constexpr std::string_view all_errors = "errors";

std::string errors_in_a_line_each() {
  std::string text;
  for (const Explanation& one : error_explanations())
    text += fmt::format("{}  {}\n", one.names.front(), one.text.substr(0, one.text.find('\n')));
  return text;
}

[[noreturn]] void fail_unknown(std::string_view word) {
  const std::vector<std::string_view> known = explained_words();
  fail({.kind = ErrorKind::usage,
        .code = "E0219",
        .message = fmt::format("nothing to explain under `{}`", word),
        .note = "attacks, terms and the codes of errors can be explained; `weir explain` lists them",
        .help = suggestion(plain(word), known)});
}

}  // namespace

std::vector<std::string_view> explained_words() {
  std::vector<std::string_view> words;
  for (const auto list : {attack_explanations(), term_explanations()})
    for (const Explanation& one : list) words.insert(words.end(), one.names.begin(), one.names.end());
  words.push_back(all_errors);
  return words;
}

std::string explained(std::string_view word) {
  const std::string name = plain(word);
  if (name == all_errors) return errors_in_a_line_each();
  if (const Explanation* attack = found_in(attack_explanations(), name))
    return about_attack(*attack) + read_on(*attack);
  if (const Explanation* term = found_in(term_explanations(), name))
    return fmt::format("{}\n\n", term->names.front()) + said(*term) + read_on(*term);
  if (const Explanation* error = found_in(error_explanations(), name))
    return fmt::format("{}\n\n", error->names.front()) + said(*error) + "\nRead on:\n" +
           indented("docs/files.md, \"Exit codes\"");
  fail_unknown(word);
}

}  // namespace weir
