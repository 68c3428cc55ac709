/// Results that are computed once: each cell of the study is a file named after everything that it was
/// computed from. A study that was stopped finds what it had, and a study of other settings finds nothing
/// wrong.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/safetensors.h"
#include "tensor/check.h"

namespace weir {

/// What a cell follows from, a line each. Two keys of equal lines are one cell.
class CellKey {
 public:
  /// `format` counts up whenever the same lines would give other content.
  CellKey(std::string kind, int format);
  CellKey& follows_from(std::string_view what, std::string_view value);

  const std::string& text() const { return text_; }
  /// "paths-<XXH3-128 of the text>.safetensors"
  std::string file() const;

 private:
  std::string kind_;
  std::string text_;
};

class CellStore {
 public:
  using Listener = std::function<void(std::string_view message)>;

  /// The folder is made at the first keep(). `listener` is told of files that cannot be used.
  explicit CellStore(std::filesystem::path folder, Listener listener = {});

  /// The cell as `decode` reads it, or nothing: no such file, a damaged one, one of another key. What is not
  /// used is said, and its place is taken by the next keep().
  template <class Decode>
  auto find(const CellKey& key, const Decode& decode)
      -> std::optional<decltype(decode(std::declval<const SafetensorsFile&>()))> {
    std::optional<SafetensorsFile> file = read(key);
    if (!file) return std::nullopt;
    try {
      return decode(*file);
    } catch (const Error& problem) {
      refuse(key, problem.diagnosis().message);
      return std::nullopt;
    }
  }
  /// Writes all or nothing.
  void keep(const CellKey& key, SafetensorsFile cell);

  /// Files that were found or kept, in order of their names: what this study stands on.
  const std::set<std::string>& used() const { return used_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::optional<SafetensorsFile> read(const CellKey& key);
  void refuse(const CellKey& key, std::string_view why);

  std::filesystem::path folder_;
  Listener listener_;
  std::set<std::string> used_;
};

// Columns of a cell: numbers keep their bits.

void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape, std::span<const double> values);
void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape,
         std::span<const std::int64_t> values);
void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape, std::span<const float> values);

/// Throws Error (damaged) E0442 where there is no such column or its shape is another. -1 in `shape` stands
/// for any extent.
std::vector<double> doubles_of(const SafetensorsFile& cell, std::string_view name,
                               const std::vector<Index>& shape);
std::vector<std::int64_t> integers_of(const SafetensorsFile& cell, std::string_view name,
                                      const std::vector<Index>& shape);
std::vector<float> floats_of(const SafetensorsFile& cell, std::string_view name,
                             const std::vector<Index>& shape);
/// Of the metadata; the same error.
std::string word_of(const SafetensorsFile& cell, const std::string& name);

}  // namespace weir
