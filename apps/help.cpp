#include "apps/help.h"

#include <algorithm>
#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::size_t page_width = 100;

struct Line {
  std::string left, right;
};

std::string block(const std::string& title, const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  std::size_t widest = 0;
  for (const Line& line : lines) widest = std::max(widest, line.left.size());
  std::string text = "\n" + title + ":\n";
  for (const Line& line : lines)
    text += fmt::format("  {:<{}}  {}\n", line.left, widest, wrapped(line.right, page_width, widest + 4));
  return text;
}

/// What is written behind a command's name: " WEIGHTS IMAGES...".
std::string arguments_of(const Command& command) {
  using Kind = Command::Kind;
  std::string line;
  for (const Command::Item& item : command.items()) {
    if (item.kind == Kind::positional) line += " " + item.name;
    if (item.kind == Kind::optional_positional) line += " [" + item.name + "]";
    if (item.kind == Kind::rest) line += " " + item.name + "...";
    if (item.kind == Kind::needed_option) line += " " + item.name + " " + item.value;
  }
  return line;
}

/// The same of a command's children, where all take the same.
std::string arguments_of_children(const Command& command) {
  if (command.children().empty()) return {};
  const std::string first = arguments_of(*command.children().front());
  const bool same = std::ranges::all_of(
      command.children(), [&first](const auto& child) { return arguments_of(*child) == first; });
  return same ? first : std::string();
}

bool takes_options(const Command& command) {
  using Kind = Command::Kind;
  return !command.children().empty() || std::ranges::any_of(command.items(), [](const Command::Item& item) {
    return item.kind == Kind::option || item.kind == Kind::flag;
  });
}

std::string usage(const Command& command) {
  std::string line = "Usage: " + command.full_name();
  if (!command.children().empty()) line += command.runnable() ? " [NAME]" : " NAME";
  return line + arguments_of(command) + arguments_of_children(command) +
         (takes_options(command) ? " [options]\n" : "\n");
}

/// Words between spaces; what stands in backticks is one word, since it is meant to be copied.
std::vector<std::string> unbroken_words(const std::string& text) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char character : text) {
    if (character == '`') quoted = !quoted;
    if (character != ' ' || quoted)
      words.back() += character;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  for (const std::string& word : unbroken_words(text)) {
    if (column > indent && column + 1 + word.size() > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

std::string help_for(const Command& command) {
  std::string text = fmt::format("{}: {}\n\n", command.full_name(), command.words().summary);
  for (const std::string& example : command.words().examples) text += "  " + example + "\n";
  text += "\n" + usage(command);
  std::vector<Line> children, positionals, own, shared;
  for (const auto& child : command.children())
    children.push_back({child->words().name, child->words().summary});
  for (const Command::Item& item : command.items()) {
    const bool option = item.name.starts_with("-");
    auto& lines = !option ? positionals : item.shared ? shared : own;
    lines.push_back({item.name + (item.value.empty() ? "" : " " + item.value), item.text});
  }
  text += block(command.words().name == "weir" ? "Commands" : "Names", children);
  text += block("Arguments", positionals);
  text += block("Options", own);
  text += block(own.empty() ? "Options" : "Shared options", shared);
  if (!command.words().details.empty()) text += "\n" + wrapped(command.words().details, page_width, 0) + "\n";
  return text;
}

}  // namespace weir
