#include "models/json_text.h"

#include <algorithm>

namespace weir {

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

void fail_json_syntax(std::string_view text, const std::string& source, std::size_t byte) {
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
