#include "study/report_sections.h"

#include <algorithm>

#include "study/figures.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::string wide_figure(std::string_view id, std::string_view label, std::string_view title,
                        const std::string& svg, std::string_view note) {
  return fmt::format(
      "<figure id=\"{}\"><figcaption><span class=\"label\">{}</span> {}</figcaption><div "
      "class=\"wide\" tabindex=\"0\">{}</div><p class=\"note\">{}</p></figure>\n",
      id, label, escaped(title), svg, escaped(note));
}

std::string pictures(const ReportMaterial& m) {
  if (m.results.images.rows.empty())
    return "<p class=\"absent\" id=\"figure1\">Figure 1: no image was fooled by every attack, so there is no "
           "row to show.</p>";
  const std::string svg = inlined_svg(
      to_svg(m.results.images),
      {.alternative = fmt::format("The same {} images: as they are, under each attack, and what each added.",
                                  m.results.images.rows[0].cells.size()),
       .prefix = "fig1"});
  return wide_figure("figure1", "Figure 1", "Images that every attack fooled the network on", svg,
                     fmt::format("Beneath each image: the class that the network names, and its confidence. "
                                 "Grey rows: what the attack added, {:.0f} times as strong.",
                                 difference_gain));
}

std::string pictures_on_the_way(const ReportMaterial& m) {
  if (m.results.on_the_way.rows.empty()) return {};
  const std::string svg =
      inlined_svg(to_svg(m.results.on_the_way),
                  {.alternative = "One image after more and more steps of JSMA, and what was added so far.",
                   .prefix = "fig3i"});
  return wide_figure("figure3-images", "Figure 3", "The same image as pictures", svg,
                     "Below: what was added so far, three times as strong.");
}

Section section_one(const ReportMaterial& m) {
  return {.id = "q1",
          .heading = "Q1 · On the way to an adversarial input",
          .introduction = "What happens to an image's information path while JSMA changes it, step by step.",
          .html = m.tables({"trajectories"}) + m.curves({3}) + pictures_on_the_way(m)};
}

std::string settings_in_words(const Experiment& experiment) {
  std::string words;
  for (const AttackRun& run : experiment.runs) {
    if (run.planned.target != "original" || !run.there()) continue;
    std::vector<std::string> parts;
    for (const Setting& setting : run.settings)
      parts.push_back(fmt::format("{} {}", setting.name, setting.value));
    words += fmt::format("{}: {}. ", run.reading.title, fmt::join(parts, ", "));
  }
  return words;
}

Section section_two(const ReportMaterial& m) {
  const Experiment& experiment = m.analysis.experiment;
  return {.id = "q2",
          .heading = "Q2 · Attacks compared",
          .introduction = fmt::format(
              "{} test images were drawn; every attack works on those that a network classifies correctly, "
              "{} on the original. For each image and each conv layer: the mutual information of its feature "
              "maps with the image (IIP) and with the maps of the last conv layer (OIP), in nats, from eight "
              "buckets a map.",
              experiment.attacked.count(), experiment.original().clean.count()),
          .html = m.tables({"table2"}) + pictures(m) + m.tables({"table3", "effects"}) + m.curves({4}) +
                  fmt::format("<details><summary>What each attack was told</summary><p class=\"note\">{}</p>"
                              "</details>\n",
                              escaped(settings_in_words(experiment)))};
}

Section section_three(const ReportMaterial& m) {
  return {.id = "q3",
          .heading = "Q3 · A simpler network",
          .introduction =
              "The original network and a compressed one. Beside them stands the original trained "
              "from another seed: a difference that it shows, too, is not one of complexity.",
          .html = m.tables({"table4", "table5"}) + m.curves({5, 8, 9}) + m.tables({"table6"})};
}

Section section_four(const ReportMaterial& m) {
  return {.id = "q4",
          .heading = "Q4 · A defence and an attack that knows it",
          .introduction =
              "Defensive distillation at temperature 40. The regular attack follows gradients "
              "that have vanished; the adaptive one divides logits by the temperature first.",
          .html = m.tables({"q4"}) + m.curves({6})};
}

Section section_five(const ReportMaterial& m) {
  return {.id = "q5",
          .heading = "Q5 · Inputs that transfer",
          .introduction = "Three networks, inputs made for each, shown to all.",
          .html = m.tables({"table7", "table8", "table9"}) + m.curves({7}) +
                  m.tables({"transferable", "table9_fgsm"}) + m.curves({10}) + m.tables({"table9_cw"}) +
                  m.curves({11}) + m.tables({"transfer_fgsm", "transfer_jsma", "transfer_cw"})};
}

Section network(const ReportMaterial& m) {
  const std::string svg =
      inlined_svg(m.results.network.svg, {.alternative = m.results.network.alternative, .prefix = "fig2"});
  return {.id = "network",
          .heading = "The network",
          .html = wide_figure("figure2", "Figure 2", "The original network, drawn from the model", svg,
                              "A box is a layer's output: as high as its maps, as wide as their number; "
                              "below it the number of the conv layer, k, and its channels or neurons.") +
                  m.tables({"table10"})};
}

std::string verdict_rules(const Paper& paper) {
  std::string html =
      "<details><summary>How a number is judged: the rules, fixed before any run</summary><ul>";
  for (const Rule& rule : paper.rules()) {
    std::string name = rule.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    html += fmt::format("<li><b>{}</b>{} {}</li>", escaped(name),
                        rule.tolerance > 0 ? fmt::format(" (tolerance {})", rule.tolerance) : "",
                        escaped(rule.why));
  }
  html += "</ul></details>\n<details><summary>How a statement is decided</summary><ul>";
  for (const Direction& direction : paper.directions())
    html += fmt::format("<li><span class=\"id\">{}</span> {}</li>", direction.id, escaped(direction.test));
  return html + "</ul></details>\n";
}

Section audit(const ReportMaterial& m) {
  std::string html = m.tables({"constant_maps", "buckets"}) + verdict_rules(m.analysis.paper);
  html +=
      "<details open><summary>Where the paper does not agree with itself</summary><ol class=\"footnotes\">";
  for (const Inconsistency& one : m.analysis.paper.inconsistencies())
    html += fmt::format("<li><b>{}.</b> {}</li>", escaped(one.where), escaped(one.text));
  return {.id = "audit",
          .heading = "Audit",
          .introduction =
              "Binned mutual information on small maps is dominated by its bias, which depends on how many "
              "buckets are in use: even independent maps share some by chance. Levels therefore mean little; "
              "differences within a layer mean something, where the populations occupy their buckets alike.",
          .html = html + "</ol></details>\n"};
}

}  // namespace

std::string ReportMaterial::tables(std::initializer_list<std::string_view> ids) const {
  std::string html;
  for (const std::string_view id : ids) {
    const auto found = std::ranges::find(results.tables, id, &Table::id);
    if (found != results.tables.end()) html += to_html(*found);
  }
  return html;
}

std::string ReportMaterial::curves(std::initializer_list<int> numbers) const {
  std::string html;
  for (const int number : numbers) {
    const auto found = std::ranges::find(results.figures, number, &Figure::number);
    if (found == results.figures.end()) continue;
    const auto missing = results.missing_plots.find(number);
    html += to_html(*found, figures, missing == results.missing_plots.end() ? "" : missing->second);
  }
  return html;
}

std::vector<Section> report_sections(const ReportMaterial& m) {
  std::vector<Section> sections = {section_one(m),  section_two(m), section_three(m), section_four(m),
                                   section_five(m), network(m),     audit(m)};
  for (Section& section : background_sections(m)) sections.push_back(std::move(section));
  return sections;
}

}  // namespace weir
