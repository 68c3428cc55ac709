/// "did you mean": the nearest known word to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir {

/// The number of insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// "did you mean `steps`?", or nothing when no word is within two edits.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace weir
