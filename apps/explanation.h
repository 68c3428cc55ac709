/// Plain words about attacks, terms and errors: what `weir explain` prints.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One thing that can be explained, under one or more names.
struct Explanation {
  std::vector<std::string_view> names;  // the first is the one to show
  std::string_view text;                // paragraphs, at most 100 columns wide
  std::string_view formula = {};        // lines that are shown indented
  std::string_view read_on = {};        // files and commands, one a line
};

/// Of the attacks: formula, source and where to read on; the registry has their options.
std::span<const Explanation> attack_explanations();
std::span<const Explanation> term_explanations();
/// By code: what happened and what to do.
std::span<const Explanation> error_explanations();

/// The text for `weir explain WORD`; `errors` is every code with its first line. Small letters or capitals,
/// spaces or dashes. Throws Error (usage) E0219 with the nearest word.
std::string explained(std::string_view word);

/// Every word that explained() takes, the errors left out: for the overview.
std::vector<std::string_view> explained_words();

}  // namespace weir
