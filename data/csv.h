/// Reads tables of comma-separated values as we write them (RFC 4180 without line breaks inside fields).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  /// Throws Error (damaged) E0443 where there is no such column.
  std::size_t column(std::string_view name) const;
};

/// A field as it stands in a file: in quotes where it holds a comma, a quote or a line break.
std::string csv_quoted(std::string_view field);

/// Throws Error (damaged) E0443 where there is no header, a row has another number of fields, or a quote does
/// not end; `path` is for messages.
CsvTable parse_csv(const std::filesystem::path& path, std::string_view text);
/// The same of a file. Throws E0302 (missing) where it cannot be read.
CsvTable read_csv(const std::filesystem::path& path);

}  // namespace weir
