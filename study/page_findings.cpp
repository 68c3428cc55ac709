// The findings at the head of a page: what held and what did not, a card each with its cases and its rule.
#include <algorithm>
#include <array>

#include "study/page.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::string_view glyph(Status status) {
  switch (status) {
    case Status::holds:
      return "✓";
    case Status::fails:
      return "✕";
    case Status::undecided:
      return "≈";
    case Status::not_measured:
      break;
  }
  return "·";
}

std::string_view class_of(Status status) {
  switch (status) {
    case Status::holds:
      return "holds";
    case Status::fails:
      return "fails";
    case Status::undecided:
      return "undecided";
    case Status::not_measured:
      break;
  }
  return "open";
}

constexpr int decimals = 4;

std::string interval_or_p(const FindingRow& row) {
  if (row.p_value) return with_decimals(*row.p_value, decimals);
  if (!row.measured.interval) return {};
  return with_decimals(row.measured.interval->low, decimals) + " – " +
         with_decimals(row.measured.interval->high, decimals);
}

/// A case that only stands beside the others has no mark.
std::string mark(const std::optional<Status>& status) {
  if (!status) return "<td></td>";
  return fmt::format("<td class=\"{}\"><span class=\"glyph\" role=\"img\" aria-label=\"{}\">{}</span></td>",
                     class_of(*status), to_string(*status), glyph(*status));
}

std::string case_html(const FindingRow& row) {
  const std::string value =
      row.measured.n > 0 ? with_decimals(row.measured.value, decimals) : std::string("not measured");
  return fmt::format("<tr>{}<th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", mark(row.status),
                     escaped(row.what), value, interval_or_p(row));
}

/// In a box of its own, which scrolls where it is too narrow; the page never does.
std::string cases(const Finding& finding) {
  if (finding.rows.empty()) return {};
  const bool with_p =
      std::ranges::any_of(finding.rows, [](const FindingRow& row) { return row.p_value.has_value(); });
  std::string html = fmt::format(
      "<div class=\"cases\" role=\"region\" aria-label=\"{}, case by case\" tabindex=\"0\">"
      "<table><thead><tr><td></td><th scope=\"col\">Case</th><th scope=\"col\">Value</th>"
      "<th scope=\"col\">{}</th></tr></thead><tbody>\n",
      finding.id, with_p ? "p" : "Interval");
  for (const FindingRow& row : finding.rows) html += case_html(row);
  return html + "</tbody></table></div>";
}

std::string card(const Finding& finding) {
  std::string html = fmt::format(
      "<li class=\"{}\"><p class=\"state\"><span class=\"glyph\" aria-hidden=\"true\">{}</span>{}"
      "<span class=\"id\">{}</span></p>",
      class_of(finding.status), glyph(finding.status), to_string(finding.status), finding.id);
  html += fmt::format("<p class=\"statement\">{}</p><p class=\"ours\">{}</p>", escaped(finding.statement),
                      escaped(finding.ours));
  html += cases(finding);
  html += fmt::format("<p class=\"rule\"><b>Rule, fixed before any run:</b> {}</p>", escaped(finding.test));
  return html + fmt::format("<p class=\"evidence\">Paper: {}</p></li>\n", escaped(finding.evidence));
}

std::string counters(const std::vector<Finding>& findings) {
  constexpr std::array order{Status::holds, Status::fails, Status::undecided, Status::not_measured};
  std::string html = "<ul class=\"counters\">";
  for (const Status status : order) {
    const auto count = std::ranges::count(findings, status, &Finding::status);
    html += fmt::format("<li class=\"{}\"><b>{}</b> {}</li>", class_of(status), count, to_string(status));
  }
  return html + "</ul>\n";
}

/// What was not measured is listed, folded away: an absent answer is part of the result.
std::string unmeasured(const std::vector<Finding>& findings) {
  std::string rows;
  for (const Finding& finding : findings)
    if (finding.status == Status::not_measured)
      rows += fmt::format("<li><span class=\"id\">{}</span> {}</li>", finding.id, escaped(finding.statement));
  if (rows.empty()) return {};
  return fmt::format(
      "<details class=\"open-questions\"><summary>Not measured in this run</summary><ul>{}</ul></details>\n",
      rows);
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::holds:
      return "holds";
    case Status::fails:
      return "does not hold";
    case Status::undecided:
      return "undecided";
    case Status::not_measured:
      break;
  }
  return "not measured";
}

std::string to_html(const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  std::string html =
      "<section id=\"findings\">\n<h2>Findings</h2>\n" + counters(findings) + "<ol class=\"cards\">\n";
  for (const Finding& finding : findings)
    if (finding.status != Status::not_measured) html += card(finding);
  return html + "</ol>\n" + unmeasured(findings) + "</section>\n";
}

}  // namespace weir
