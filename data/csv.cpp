#include "data/csv.h"

#include <algorithm>

#include "data/read_file.h"
#include "tensor/check.h"

namespace weir {
namespace {

[[noreturn]] void fail_csv(const std::filesystem::path& path, std::string why) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0443",
        .message = fmt::format("cannot read {} as a table", path.native()),
        .note = std::move(why)});
}

/// The fields of one line; nothing where a quote does not end.
std::vector<std::string> fields_of(const std::filesystem::path& path, std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool doubled = quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"';
    if (doubled)
      fields.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  if (quoted) fail_csv(path, "a quote does not end on its line");
  return fields;
}

}  // namespace

std::size_t CsvTable::column(std::string_view name) const {
  const auto found = std::ranges::find(header, name);
  if (found == header.end()) fail_csv("this file", fmt::format("it has no column `{}`", name));
  return static_cast<std::size_t>(found - header.begin());
}

std::string csv_quoted(std::string_view field) {
  if (field.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

CsvTable parse_csv(const std::filesystem::path& path, std::string_view text) {
  CsvTable table;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::vector<std::string> fields = fields_of(path, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (table.header.empty()) {
      table.header = std::move(fields);
      continue;
    }
    if (fields.size() != table.header.size())
      fail_csv(path, fmt::format("row {} has {} fields, the header {}", table.rows.size() + 1, fields.size(),
                                 table.header.size()));
    table.rows.push_back(std::move(fields));
  }
  if (table.header.empty()) fail_csv(path, "it is empty");
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) { return parse_csv(path, read_text_file(path)); }

}  // namespace weir
