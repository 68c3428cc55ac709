/// What every page of Weir promises: one file, nothing loaded, every picture in words, tags that match.
#pragma once

#include <string>
#include <vector>

namespace weir {

/// The first group of every match.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern);

/// What stands between < and >, in order. By hand: std::regex recurses once a character, and a picture has
/// 100,000.
std::vector<std::string> tags_of(const std::string& html);

void expect_nothing_loaded(const std::string& html);
void expect_unique_ids_and_whole_references(const std::string& html);
void expect_balanced_tags(const std::string& html);
void expect_words_for_every_picture(const std::string& html);

}  // namespace weir
