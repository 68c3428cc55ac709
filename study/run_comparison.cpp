#include "study/run_comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "data/csv.h"
#include "data/read_file.h"
#include "tensor/check.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && rest == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// 0 for equal texts; of two finite numbers relative; infinite where words, NaN or infinities differ.
double difference(const std::string& a, const std::string& b) {
  if (a == b) return 0;
  const auto x = as_number(a), y = as_number(b);
  if (!x || !y || !std::isfinite(*x) || !std::isfinite(*y)) return std::numeric_limits<double>::infinity();
  const double size = std::max(std::abs(*x), std::abs(*y));
  return size > 0 ? std::abs(*x - *y) / size : 0;
}

std::set<std::string> tables_in(const fs::path& folder) {
  std::set<std::string> files;
  for (const char* part : {"tables", "figures"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder / part, ignored))
      if (entry.path().extension() == ".csv")
        files.insert((fs::path(part) / entry.path().filename()).string());
  }
  if (fs::exists(folder / "seeds.csv")) files.insert("seeds.csv");
  return files;
}

std::string place_of(const CsvTable& table, std::size_t row, std::size_t column) {
  std::string names = table.rows[row][0];
  if (table.header.size() > 1) names += " " + table.rows[row][1];
  return fmt::format("row {} ({}), column {}", row + 1, names, table.header[column]);
}

void compare_cells(FileComparison& result, const CsvTable& a, const CsvTable& b, double tolerance) {
  for (std::size_t row = 0; row < a.rows.size(); ++row)
    for (std::size_t column = 0; column < a.header.size(); ++column) {
      ++result.cells;
      const std::string &first = a.rows[row][column], &second = b.rows[row][column];
      const double relative = difference(first, second);
      if (std::isfinite(relative)) result.largest = std::max(result.largest, relative);
      if (!(relative <= tolerance))
        result.beyond.push_back({result.file, place_of(a, row, column), first, second, relative});
    }
}

/// Which of the folders lacks the file; empty where both have it.
std::string absence(const fs::path& first, const fs::path& second, const std::string& file) {
  for (const auto* folder : {&first, &second})
    if (!fs::exists(*folder / file)) return "is not in " + folder->native();
  return {};
}

FileComparison compare_tables(const fs::path& first, const fs::path& second, const std::string& file,
                              double tolerance) {
  FileComparison result{.file = file};
  result.unlike = absence(first, second, file);
  if (!result.unlike.empty()) return result;
  const CsvTable a = read_csv(first / file), b = read_csv(second / file);
  if (a.header != b.header)
    result.unlike = "has other columns";
  else if (a.rows.size() != b.rows.size())
    result.unlike = fmt::format("has {} rows and {}", a.rows.size(), b.rows.size());
  else
    compare_cells(result, a, b, tolerance);
  return result;
}

CsvTable statuses_of(const fs::path& file) {
  CsvTable table{.header = {"id", "status"}, .rows = {}};
  try {
    const auto json = nlohmann::json::parse(read_text_file(file));
    for (const auto& finding : json.at("findings"))
      table.rows.push_back({finding.at("id"), finding.at("status")});
  } catch (const nlohmann::json::exception& problem) {
    fail({.kind = ErrorKind::damaged,
          .code = "E0444",
          .message = fmt::format("cannot read {} as the findings of a study", file.native()),
          .note = problem.what()});
  }
  return table;
}

FileComparison compare_findings(const fs::path& first, const fs::path& second) {
  FileComparison result{.file = "findings.json"};
  result.unlike = absence(first, second, result.file);
  if (!result.unlike.empty()) return result;
  const CsvTable a = statuses_of(first / result.file), b = statuses_of(second / result.file);
  if (a.rows.size() != b.rows.size())
    result.unlike = fmt::format("has {} findings and {}", a.rows.size(), b.rows.size());
  else
    compare_cells(result, a, b, 0);
  return result;
}

}  // namespace

std::vector<FileComparison> compare_runs(const fs::path& first, const fs::path& second, double tolerance) {
  std::set<std::string> files;
  for (const auto* folder : {&first, &second}) {
    const std::set<std::string> here = tables_in(*folder);
    if (here.empty())
      fail({.kind = ErrorKind::missing,
            .code = "E0308",
            .message = fmt::format("{} holds no tables of a study", folder->native()),
            .help = "name a folder that `weir study --out` wrote"});
    files.insert(here.begin(), here.end());
  }
  std::vector<FileComparison> results;
  for (const std::string& file : files) results.push_back(compare_tables(first, second, file, tolerance));
  if (fs::exists(first / "findings.json") || fs::exists(second / "findings.json"))
    results.push_back(compare_findings(first, second));
  return results;
}

}  // namespace weir
