#include "models/json_text.h"

#include <algorithm>

#include "data/wording.h"

namespace weir {
namespace {

/// Where a comment that begins at `at` ends; `at` where none does.
std::size_t after_comment(std::string_view text, std::size_t at) {
  const std::string_view start = text.substr(at, 2);
  if (start == "//") return std::min(text.find('\n', at), text.size());
  if (start != "/*") return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

constexpr std::size_t deepest = 64, longest = 1'000'000;

/// What is open at a place of a text.
struct Open {
  std::string marks;   // of the brackets and quotes around it
  std::size_t at = 0;  // the place
};

/// At the text's end, or behind the bracket that first stands deeper than `limit`.
Open open_in(std::string_view text, std::size_t limit) {
  std::string open;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const bool quoted = !open.empty() && open.back() == '"';
    if (open.size() > limit && !quoted) break;
    if (const std::size_t end = quoted ? i : after_comment(text, i); end != i)
      i = end - 1;
    else if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"' && quoted)
      open.pop_back();
    else if (text[i] == '"' || (!quoted && (text[i] == '{' || text[i] == '[')))
      open += text[i];
    else if (!quoted && !open.empty() && (text[i] == '}' || text[i] == ']'))
      open.pop_back();
  }
  return {open, i};
}

/// What is not closed at the end of a text: "an object", "a list", "a string"; empty where nothing is.
std::string_view open_at_the_end(std::string_view text) {
  const std::string open = open_in(text, text.size()).marks;
  if (open.empty()) return {};
  return open.back() == '{' ? "an object" : open.back() == '[' ? "a list" : "a string";
}

/// Behind the last character that is no space: an empty line below it shows nothing.
[[noreturn]] void fail_json_end(std::string_view text, const std::string& source, std::string_view open) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  const TextPlace place = place_of(text, last == std::string_view::npos ? 0 : last + 1);
  fail({.kind = ErrorKind::usage,
        .code = "E0211",
        .message = fmt::format("{}:{}:{} ends inside {}", source, place.line, place.column, open),
        .note = pointing_at(place, 1),
        .help = "the file was cut off, or what closes it is missing"});
}

}  // namespace

TextPlace place_of(std::string_view text, std::size_t position) {
  position = std::min(position, text.size());
  const std::string_view before = text.substr(0, position);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t end = std::min(text.find('\n', start), text.size());
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1, position - start + 1,
          std::string(text.substr(start, end - start))};
}

std::string pointing_at(const TextPlace& place, std::size_t length) {
  return fmt::format("{}\n          {}{}", place.line_text, std::string(place.column - 1, ' '),
                     std::string(std::max<std::size_t>(length, 1), '^'));
}

void expect_json_of_a_hand(std::string_view text, const std::string& source) {
  if (text.size() > longest)
    fail({.kind = ErrorKind::usage,
          .code = "E0211",
          .message = fmt::format("{} has {} bytes of JSON, the limit is {}", source, with_commas(text.size()),
                                 with_commas(longest))});
  const Open open = open_in(text, deepest);
  if (open.marks.size() <= deepest || open.marks.back() == '"') return;
  const TextPlace place = place_of(text, open.at - 1);
  fail({.kind = ErrorKind::usage,
        .code = "E0211",
        .message =
            fmt::format("{}:{}:{} is nested more than {} deep", source, place.line, place.column, deepest)});
}

void fail_json_syntax(std::string_view text, const std::string& source, std::size_t byte) {
  const std::string_view left = text.substr(std::min(byte == 0 ? 0 : byte - 1, text.size()));
  if (const std::string_view open = open_at_the_end(text);
      !open.empty() && left.find_first_not_of(" \t\r\n") == std::string_view::npos)
    fail_json_end(text, source, open);
  // The parser stops after the byte that it could not use.
  const TextPlace place = place_of(text, byte == 0 ? 0 : byte - 1);
  fail({.kind = ErrorKind::usage,
        .code = "E0211",
        .message = fmt::format("{}:{}:{} is not JSON from here on", source, place.line, place.column),
        .note = pointing_at(place, 1),
        .help = "a comma, a quote or a bracket is missing or too many here or just before; comments are // "
                "and /* */"});
}

}  // namespace weir
