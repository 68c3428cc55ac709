/// Two folders of results, number by number: whether a run was reproduced.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

/// One cell of a table that is not the same in both runs.
struct CellDifference {
  std::string file;   // "tables/table2.csv"
  std::string place;  // "row 3 (Original JSMA), column distortion"
  std::string first, second;
  double relative = 0;  // |a - b| / max(|a|, |b|); infinite where one of them is no finite number
};

struct FileComparison {
  std::string file;
  std::size_t cells = 0;                    // that were compared
  std::vector<CellDifference> beyond = {};  // the tolerance
  double largest = 0;                       // relative difference of numbers, within the tolerance or not
  std::string unlike = {};                  // why the files cannot be compared cell by cell
  bool same() const { return beyond.empty() && unlike.empty(); }
};

/// Every CSV under tables/ and figures/ of either folder, and seeds.csv, in the order of their names; then
/// the findings' statuses as a file of their own. `tolerance` is relative. Throws Error: missing (E0308) for
/// a folder that holds no tables, damaged (E0444) for a findings.json that cannot be read.
std::vector<FileComparison> compare_runs(const std::filesystem::path& first,
                                         const std::filesystem::path& second, double tolerance);

}  // namespace weir
