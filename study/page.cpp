#include "study/page.h"

#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// Nothing is loaded from anywhere: the policy makes the browser enforce what the page promises.
constexpr std::string_view policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

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

}  // namespace

std::string to_html(const std::vector<Fact>& facts) {
  std::string html = "<dl class=\"ledger\">";
  for (const Fact& fact : facts)
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escaped(fact.label), escaped(fact.value));
  return html + "</dl>\n";
}

std::string render(const Page& page) {
  std::string html =
      head(page) + "<body>\n" + masthead(page) + contents(page) + "<main>\n" + to_html(page.findings);
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
