#include "study/table.h"

#include <algorithm>
#include <limits>

#include "data/csv.h"
#include "data/wording.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr std::string_view part_of_a_distance = "_bias";
constexpr std::string_view parts_of_a_comparison[] = {"",   "_low",   "_high",       part_of_a_distance,
                                                      "_n", "_paper", "_difference", "_verdict"};

/// Nine significant digits tell any two floats apart and are the same text for the same bits.
std::string csv_number(double value) { return fmt::format("{:.9g}", value); }

bool has_part(const Column& column, std::string_view part) {
  return part != part_of_a_distance || column.quantity == Quantity::distance;
}

/// One of parts_of_a_comparison; empty where it was not measured or not printed.
std::string csv_part(const Comparison& cell, std::string_view part, Settings settings) {
  const std::optional<Measured>& ours = cell.ours;
  if (part == "_paper") return cell.paper != nullptr ? cell.paper->text : "";
  if (!ours) return {};
  if (part.empty()) return csv_number(ours->value);
  if (part == "_low") return ours->interval ? csv_number(ours->interval->low) : "";
  if (part == "_high") return ours->interval ? csv_number(ours->interval->high) : "";
  if (part == part_of_a_distance) return ours->bias ? csv_number(*ours->bias) : "";
  if (part == "_n") return ours->n > 0 ? fmt::format("{}", ours->n) : "";
  if (cell.paper == nullptr) return {};
  return part == "_difference" ? csv_number(ours->value - cell.paper->value)
                               : std::string(to_string(verdict_of(cell, settings)));
}

std::vector<std::string> csv_fields(const Comparison& cell, const Column& column, Settings settings) {
  std::vector<std::string> fields;
  for (const std::string_view part : parts_of_a_comparison)
    if (has_part(column, part)) fields.push_back(csv_part(cell, part, settings));
  return fields;
}

bool holds_comparisons(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return std::holds_alternative<Comparison>(row[column]); });
}

std::vector<std::string> csv_fields(const Table& table, const std::vector<TableCell>& row,
                                    std::size_t column) {
  if (holds_comparisons(table, column)) {
    const auto* comparison = std::get_if<Comparison>(&row[column]);
    return csv_fields(comparison != nullptr ? *comparison : Comparison{}, table.columns[column],
                      table.settings);
  }
  if (const auto* count = std::get_if<Index>(&row[column])) return {fmt::format("{}", *count)};
  return {csv_quoted(std::get<std::string>(row[column]))};
}

std::string joined(const std::vector<std::string>& fields) {
  return fmt::format("{}\n", fmt::join(fields, ","));
}

/// The span of a column's numbers, so that its little plots share one scale.
Interval scale_of(const Table& table, std::size_t column) {
  Interval scale{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  const auto stretch = [&](double value) {
    scale.low = std::min(scale.low, value);
    scale.high = std::max(scale.high, value);
  };
  for (const auto& row : table.rows) {
    const auto* cell = std::get_if<Comparison>(&row[column]);
    if (cell == nullptr) continue;
    if (cell->paper != nullptr) stretch(cell->paper->value);
    if (!cell->ours) continue;
    stretch(cell->ours->value);
    if (cell->ours->interval) stretch(cell->ours->interval->low), stretch(cell->ours->interval->high);
  }
  return scale;
}

/// Our interval as a bar, our value as a dot, the paper's as a diamond, on the column's scale.
std::string little_plot(const Comparison& cell, Interval scale) {
  constexpr double width = 120, margin = 6;
  const double span = std::max(scale.high - scale.low, 1e-300);
  const auto at = [&](double value) { return margin + (width - 2 * margin) * (value - scale.low) / span; };
  std::string svg =
      "<svg class=\"forest\" viewBox=\"0 0 120 14\" aria-hidden=\"true\"><path class=\"axis\" d=\"M2 "
      "7H118\"/>";
  if (cell.ours && cell.ours->interval)
    svg += fmt::format("<path class=\"bar\" d=\"M{:.1f} 7H{:.1f}\"/>", at(cell.ours->interval->low),
                       at(cell.ours->interval->high));
  if (cell.paper != nullptr)
    svg += fmt::format("<path class=\"theirs\" d=\"M{:.1f} 2l5 5-5 5-5-5z\"/>", at(cell.paper->value));
  if (cell.ours)
    svg += fmt::format("<circle class=\"ours\" cx=\"{:.1f}\" cy=\"7\" r=\"3.2\"/>", at(cell.ours->value));
  return svg + "</svg>";
}

std::string number(double value, int decimals) {
  return decimals == 0 ? with_commas(fmt::format("{:.0f}", value)) : with_decimals(value, decimals);
}

std::string interval_html(const Measured& ours, const Column& column) {
  if (!ours.interval) return {};
  std::string html =
      fmt::format("<span class=\"range\">{} – {}</span>", number(ours.interval->low, column.decimals),
                  number(ours.interval->high, column.decimals));
  if (column.quantity == Quantity::distance && ours.bias)
    html += fmt::format("<span class=\"bias\">bias {}</span>", number(*ours.bias, column.decimals));
  return html;
}

std::string comparison_html(const Comparison& cell, const Column& column, const Table& table,
                            Interval scale) {
  const Verdict verdict = verdict_of(cell, table.settings);
  std::string html;
  if (cell.ours) {
    html += fmt::format("<b>{}</b>", number(cell.ours->value, column.decimals));
    html += interval_html(*cell.ours, column);
    if (0 < cell.ours->n && cell.ours->n < fewest_inputs)
      html += fmt::format("<span class=\"indicative\">indicative, n = {}</span>", cell.ours->n);
  } else {
    html += "<span class=\"absent\">not measured</span>";
  }
  if (column.decimals > 0 && (cell.ours || cell.paper != nullptr)) html += little_plot(cell, scale);
  if (cell.paper != nullptr)
    html += fmt::format("<span class=\"paper\">paper {}</span>",
                        column.decimals == 0 ? with_commas(cell.paper->text) : cell.paper->text);
  if (verdict != Verdict::unjudged)
    html += fmt::format("<span class=\"verdict {0}\">{0}</span>", to_string(verdict));
  return html;
}

std::string cell_html(const Table& table, const TableCell& cell, std::size_t column) {
  const Column& head = table.columns[column];
  if (const auto* text = std::get_if<std::string>(&cell))
    return fmt::format("<td data-label=\"{}\">{}</td>", escaped(head.heading), escaped(*text));
  if (const auto* count = std::get_if<Index>(&cell))
    return fmt::format("<td class=\"count\" data-label=\"{}\">{}</td>", escaped(head.heading),
                       with_commas(*count));
  return fmt::format("<td class=\"comparison\" data-label=\"{}\">{}</td>", escaped(head.heading),
                     comparison_html(std::get<Comparison>(cell), head, table, scale_of(table, column)));
}

std::string settings_of_row(const Table& table, std::size_t row) {
  const auto missing = table.missing.find(row);
  if (missing != table.missing.end()) return "not measured: " + missing->second;
  return std::string(table.settings == Settings::reduced ? reduced_heading : "as printed");
}

/// Numbers and dashes name no row.
bool is_name(const std::string& text) {
  return !text.empty() && text != "–" && text.find_first_not_of("0123456789.") != std::string::npos;
}

/// Why rows are empty, each reason once.
std::string absences(const Table& table) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const auto& [row, why] : table.missing) {
    std::vector<std::string> names;
    for (const TableCell& cell : table.rows[row])
      if (const auto* text = std::get_if<std::string>(&cell);
          text != nullptr && is_name(*text) && names.size() < 2)
        names.push_back(*text);
    rows[why].push_back(fmt::format("{}", fmt::join(names, ", ")));
  }
  std::string html;
  for (const auto& [why, names] : rows)
    html += fmt::format("<p class=\"absent\">Not measured: {}. {}</p>", message_in_html(why),
                        escaped(fmt::format("({})", fmt::join(names, "; "))));
  return html;
}

}  // namespace

void Table::add(std::vector<TableCell> row, std::string why_missing) {
  if (!why_missing.empty()) missing[rows.size()] = std::move(why_missing);
  rows.push_back(std::move(row));
}

Verdict verdict_of(const Comparison& comparison, Settings settings) {
  if (comparison.paper == nullptr || !comparison.ours) return Verdict::unjudged;
  const bool exact = comparison.paper->rule.kind == RuleKind::exact;  // a count does not depend on settings
  if (settings == Settings::reduced && !exact) return Verdict::unjudged;
  if (0 < comparison.ours->n && comparison.ours->n < fewest_inputs) return Verdict::unjudged;
  return judge(*comparison.paper, *comparison.ours);
}

std::string to_csv(const Table& table) {
  std::vector<std::string> head;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    if (!holds_comparisons(table, column)) {
      head.push_back(table.columns[column].key);
      continue;
    }
    for (const std::string_view part : parts_of_a_comparison)
      if (has_part(table.columns[column], part))
        head.push_back(table.columns[column].key + std::string(part));
  }
  head.push_back("settings");
  std::string csv = joined(head);
  for (std::size_t place = 0; place < table.rows.size(); ++place) {
    const auto& row = table.rows[place];
    expects(row.size() == table.columns.size(), "a row of {} has {} cells, expected {}", table.id, row.size(),
            table.columns.size());
    std::vector<std::string> fields;
    for (std::size_t column = 0; column < row.size(); ++column)
      for (std::string& field : csv_fields(table, row, column)) fields.push_back(std::move(field));
    fields.push_back(csv_quoted(settings_of_row(table, place)));
    csv += joined(fields);
  }
  return csv;
}

std::string to_html(const Table& table) {
  std::string html = fmt::format(
      "<figure class=\"table{}\" id=\"{}\"><figcaption><span class=\"label\">{}</span> {}",
      table.density == Density::compact ? " compact" : "", table.id, table.label, escaped(table.title));
  if (table.settings == Settings::reduced)
    html += fmt::format("<strong class=\"reduced\">{}</strong>", reduced_heading);
  html += "</figcaption><table><thead><tr>";
  for (const Column& column : table.columns)
    html += fmt::format("<th scope=\"col\">{}</th>", escaped(column.heading));
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t column = 0; column < row.size(); ++column) html += cell_html(table, row[column], column);
    html += "</tr>\n";
  }
  html += "</tbody></table>" + absences(table);
  if (!table.note.empty()) html += fmt::format("<p class=\"note\">{}</p>", escaped(table.note));
  return html + "</figure>\n";
}

}  // namespace weir
