#include "study/page.h"

#include <algorithm>
#include <array>

#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// Nothing is loaded from anywhere: the policy makes the browser enforce what the page promises.
constexpr std::string_view policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

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

std::string head(const Page& page) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n<title>{}</title>\n<style>\n"
      ":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}{}</style>\n</head>\n",
      policy, escaped(page.title), css_variables(Scheme::light), css_variables(Scheme::dark), page_style(),
      page.style);
}

std::string masthead(const Page& page) {
  std::string html =
      fmt::format("<header>\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n",
                  escaped(page.kicker), escaped(page.title), escaped(page.lead));
  if (!page.notice.empty()) html += fmt::format("<p class=\"notice\">{}</p>\n", escaped(page.notice));
  html += page.hero + "<dl class=\"facts\">";
  for (const Fact& fact : page.facts)
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escaped(fact.label), escaped(fact.value));
  return html + "</dl>\n</header>\n";
}

std::string contents(const Page& page) {
  std::string html = "<nav aria-label=\"Contents\"><ol>";
  if (!page.findings.empty()) html += "<li><a href=\"#findings\">Findings</a></li>";
  for (const Section& section : page.sections)
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.heading));
  return html + "</ol></nav>\n";
}

std::string card(const Finding& finding) {
  return fmt::format(
      "<li class=\"{0}\"><p class=\"state\"><span class=\"glyph\" aria-hidden=\"true\">{1}</span>{2}<span "
      "class=\"id\">{3}</span></p><p class=\"statement\">{4}</p><p class=\"ours\">{5}</p><p "
      "class=\"evidence\">Paper: "
      "{6}</p></li>\n",
      class_of(finding.status), glyph(finding.status), to_string(finding.status), finding.id,
      escaped(finding.statement), escaped(finding.ours), escaped(finding.evidence));
}

std::string counters(const std::vector<Finding>& findings) {
  constexpr std::array order{Status::holds, Status::fails, Status::undecided, Status::not_measured};
  std::string html = "<ul class=\"counters\">";
  for (const Status status : order) {
    const auto count =
        std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.status == status; });
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

std::string verdict_strip(const Page& page) {
  if (page.findings.empty()) return {};
  std::string html =
      "<section id=\"findings\">\n<h2>Findings</h2>\n" + counters(page.findings) + "<ol class=\"cards\">\n";
  for (const Finding& finding : page.findings)
    if (finding.status != Status::not_measured) html += card(finding);
  return html + "</ol>\n" + unmeasured(page.findings) + "</section>\n";
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

std::string to_html(const std::vector<Fact>& facts) {
  std::string html = "<dl class=\"ledger\">";
  for (const Fact& fact : facts)
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escaped(fact.label), escaped(fact.value));
  return html + "</dl>\n";
}

std::string render(const Page& page) {
  std::string html =
      head(page) + "<body>\n" + masthead(page) + contents(page) + "<main>\n" + verdict_strip(page);
  for (const Section& section : page.sections) {
    html += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, escaped(section.heading));
    if (!section.introduction.empty())
      html += fmt::format("<p class=\"introduction\">{}</p>\n", escaped(section.introduction));
    html += section.html + "</section>\n";
  }
  if (!page.script.empty()) html += fmt::format("<script>{}</script>\n", page.script);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace weir
