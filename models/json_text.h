/// Reading JSON that people write by hand: comments are welcome, and a mistake is shown with its line.
#pragma once

#include <string>
#include <string_view>

#include "tensor/check.h"

namespace weir {

/// Line and column, from 1, of a position in a text.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
  std::string line_text = {};
};

TextPlace place_of(std::string_view text, std::size_t position);

/// "recipe.json:9:3" and the line with carets under `length` characters.
std::string pointing_at(const TextPlace& place, std::size_t length);

/// Throws Error E0211 (usage): `source`:line:column with the line itself.
[[noreturn]] void fail_json_syntax(std::string_view text, const std::string& source, std::size_t byte);

/// What no hand writes, our own code, which walks such a text by recursion, need not survive. Throws Error
/// E0211 (usage) for more than a megabyte, and for brackets more than 64 deep.
void expect_json_of_a_hand(std::string_view text, const std::string& source);

/// `Json` is one of nlohmann's types; this header does not drag their library in. Throws E0211 as the two
/// above.
template <class Json>
Json parse_json_text(std::string_view text, const std::string& source) {
  expect_json_of_a_hand(text, source);
  try {
    return Json::parse(text, nullptr, true, true);
  } catch (const typename Json::parse_error& error) {
    fail_json_syntax(text, source, error.byte);
  }
}

}  // namespace weir
