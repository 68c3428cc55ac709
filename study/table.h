/// One table of the study: the paper's numbers beside ours. A plain value; to_csv() and to_html() write it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "study/paper.h"

namespace weir {

/// The paper's number and ours in one cell; either may be absent.
struct Comparison {
  const Printed* paper = nullptr;  // lives in the Paper
  std::optional<Measured> ours = {};
};

using TableCell = std::variant<std::string, Index, Comparison>;

/// What a compared number is. The interval of a distance holds its noise, so its bias stands beside it.
enum class Quantity { plain, distance };

struct Column {
  std::string key;      // in the CSV
  std::string heading;  // on the page
  int decimals = 4;
  Quantity quantity = Quantity::plain;
};

/// Settings that are not the paper's make numbers that are not comparable: they are shown, and not judged.
enum class Settings { as_printed, reduced };

/// How tall the rows are on the page: many plain rows read better close together.
enum class Density { roomy, compact };

struct Table {
  std::string id;     // "table2": on the page, and the CSV's name
  std::string label;  // "Table II"
  std::string title;
  std::string note = {};  // under the table on the page
  Settings settings = Settings::as_printed;
  Density density = Density::roomy;
  std::vector<Column> columns = {};
  std::vector<std::vector<TableCell>> rows = {};
  std::map<std::size_t, std::string> missing = {};  // by row: why it was not measured

  void add(std::vector<TableCell> row, std::string why_missing = {});
};

/// The heading of a table of reduced settings on the page; in its CSV the last column, `settings`, says the
/// same.
inline constexpr std::string_view reduced_heading = "reduced settings, not comparable with the paper";

/// Means and rates of fewer inputs than this are marked "indicative".
inline constexpr Index fewest_inputs = 10;

/// How a comparison came out under a table's settings.
Verdict verdict_of(const Comparison& comparison, Settings settings);

/// A comparison becomes the columns key, key_low, key_high, key_n, key_paper, key_difference, key_verdict; a
/// distance has key_bias behind key_high.
std::string to_csv(const Table& table);

/// A <figure> with the table; on narrow screens every row becomes a card.
std::string to_html(const Table& table);

}  // namespace weir
