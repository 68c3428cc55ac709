/// The weights that come with Weir, by name, and how each one is made.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct ZooEntry {
  std::string_view name;
  std::string_view what;     // in one line
  std::string_view made_by;  // the command, without what runs it in the background
};

/// All that the study knows, whether their files are there or not. "original" is another name of the first.
std::span<const ZooEntry> zoo();

/// Of the files in models/pretrained, in alphabetical order: what is really there.
std::vector<std::string> pretrained_names();

/// The file of weights that come with Weir, by their name alone: NAME.safetensors, or NAME.safetensors.gz.
/// Nothing where it is not there. What lies in front of the user is not looked at.
std::optional<std::filesystem::path> pretrained_file(const std::string& name);

/// Whether a word means weights, there or not: a path, a file, or a name that is known.
bool names_weights(const std::string& word);

/// The file that is meant: a path, or the name of weights that come with Weir. A file comes first, so that
/// what lies in front of the user is never passed over. Throws Error (missing) E0305 that lists the names, or
/// says how to make weights that are known and not there.
std::string find_weights(const std::string& path_or_name);

}  // namespace weir
