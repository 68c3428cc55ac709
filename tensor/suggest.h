/// "did you mean": the known word that a mistyped one was probably meant to be. Here, at the bottom, because
/// options of attacks, keys of recipes and commands all ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The number of insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest word within two edits, or one that `word` merely goes on from (`epsilon` for `eps`); empty
/// when there is none.
std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known);

/// "did you mean `steps`?", or empty. `known` is any range of strings.
template <class Words>
std::string suggestion(std::string_view word, const Words& known) {
  const std::string nearest = nearest_word(word, {std::begin(known), std::end(known)});
  return nearest.empty() ? "" : "did you mean `" + nearest + "`?";
}

}  // namespace weir
