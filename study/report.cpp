#include "study/report.h"

#include <algorithm>

#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "study/figures.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// Everything the sections read.
struct Material {
  const Experiment& experiment;
  const Paper& paper;
  const StudyResults& results;
  const Manifest& manifest;
  const std::filesystem::path& figures;

  const Table& table(std::string_view id) const {
    return *std::find_if(results.tables.begin(), results.tables.end(),
                         [&](const Table& t) { return t.id == id; });
  }
};

std::string titles(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const AttackRun& run : experiment.runs) names.push_back(run.title);
  return fmt::format("{}", fmt::join(names, " and "));
}

std::string wide_figure(int number, std::string_view title, const std::string& svg, std::string_view note) {
  return fmt::format(
      "<figure id=\"figure{}\"><figcaption><span class=\"label\">Figure {}</span> {}</figcaption><div "
      "class=\"wide\" tabindex=\"0\">{}</div><p class=\"note\">{}</p></figure>\n",
      number, number, escaped(title), svg, escaped(note));
}

Section pictures(const Material& m) {
  std::string html;
  if (m.results.images.rows.empty()) {
    html = "<p class=\"absent\">No image was fooled by every attack, so there is no row to show.</p>";
  } else {
    const std::string svg = inlined_svg(
        to_svg(m.results.images),
        {.alternative = fmt::format("The same {} images: as they are, under {}, and what each attack added.",
                                    m.results.images.rows[0].cells.size(), titles(m.experiment)),
         .prefix = "fig1"});
    html = wide_figure(
        1, "Images that every attack fooled the network on", svg,
        fmt::format(
            "Beneath each image: the class that the network names, and its confidence. Grey rows: what the "
            "attack added, {:.0f} times as strong.",
            difference_gain));
  }
  return {.id = "images", .heading = "Images", .html = html};
}

Section attacks(const Material& m) {
  std::string settings;
  for (const AttackRun& run : m.experiment.runs) {
    std::vector<std::string> words;
    for (const Setting& setting : run.settings)
      words.push_back(fmt::format("{} {}", setting.name, setting.value));
    settings += fmt::format("{}: {}. ", run.title, fmt::join(words, ", "));
  }
  return {
      .id = "attacks",
      .heading = "Adversarial inputs",
      .introduction = fmt::format("{} test images were drawn; every attack worked on the {} that the network "
                                  "classifies correctly. {}",
                                  m.experiment.attacked.count(), m.experiment.clean_paths.count(), settings),
      .html = to_html(m.table("table2"))};
}

Section flows(const Material& m) {
  return {.id = "flows",
          .heading = "Information flows",
          .introduction =
              "For each image and each conv layer: the mutual information of its feature maps with the image "
              "(IIP) and with "
              "the maps of the last conv layer (OIP), in nats, from eight buckets a map.",
          .html = to_html(m.table("table3")) + to_html(m.results.paths, m.figures, m.results.missing_plots)};
}

Section network(const Material& m) {
  const std::string svg =
      inlined_svg(m.results.network.svg, {.alternative = m.results.network.alternative, .prefix = "fig2"});
  return {.id = "network",
          .heading = "The network",
          .html = to_html(m.table("table7")) +
                  wide_figure(2, "The network, drawn from the model", svg,
                              "A box is a layer's output: as high as its maps, as wide as their number; "
                              "below it the number of the conv "
                              "layer, k, and its channels or neurons.") +
                  to_html(m.table("table10"))};
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
  return html + "</ul></details>\n";
}

Section audit(const Material& m) {
  std::string html = to_html(m.table("occupancy")) + verdict_rules(m.paper);
  html +=
      "<details open><summary>Where the paper does not agree with itself</summary><ol class=\"footnotes\">";
  for (const Inconsistency& one : m.paper.inconsistencies())
    html += fmt::format("<li><b>{}.</b> {}</li>", escaped(one.where), escaped(one.text));
  return {.id = "audit",
          .heading = "Audit",
          .introduction =
              "Binned mutual information on small maps is dominated by its bias, which depends on how many "
              "buckets are in use: even "
              "independent maps share some by chance. Levels therefore mean little; differences within a "
              "layer mean something, "
              "where the populations occupy their buckets alike.",
          .html = html + "</ol></details>\n"};
}

Section timing(const Material& m) {
  std::vector<Fact> facts{{"Started", m.manifest.started}};
  double sum = 0;
  for (const StageTime& time : m.experiment.times) {
    facts.push_back({time.stage, fmt::format("{:.1f} s", time.seconds)});
    sum += time.seconds;
  }
  facts.push_back({"in all", fmt::format("{:.1f} s", sum)});
  return {.id = "timing", .heading = "Timing", .html = to_html(facts)};
}

Section rerun(const Material& m) {
  const std::string command = fmt::format("weir study --preset {} --seed {} --data {} --out DIR",
                                          m.experiment.preset.name, m.experiment.seed, m.manifest.data);
  std::string html = fmt::format("<pre>{}</pre>\n", escaped(command));
  html +=
      "<p class=\"note\">The same machine, libraries and build give the same tables byte for byte; only the "
      "block Timing differs. "
      "The numbers behind every table and figure lie beside this page in tables/ and figures/; manifest.json "
      "holds the "
      "fingerprints of all of them.</p>\n";
  return {.id = "rerun", .heading = "How to run it again", .html = html};
}

Section environment(const Material& m) {
  std::vector<Fact> facts{{"Weir", fmt::format("{} ({})", WEIR_VERSION, WEIR_COMMIT)},
                          {"Compiler", WEIR_BUILD_COMPILER},
                          {"Device", m.manifest.device},
                          {"Threads", fmt::format("{}", m.manifest.threads)},
                          {"Numbers", std::string(determinism_level)}};
  for (const std::vector<Fact>* group : {&m.manifest.libraries, &m.manifest.host})
    facts.insert(facts.end(), group->begin(), group->end());
  facts.push_back({"Images", m.manifest.data});
  for (const HashedFile& file : m.manifest.inputs)
    facts.push_back({std::filesystem::path(file.file).filename().string(),
                     fmt::format("{} XXH3-128 {}", human_size(file.bytes), file.xxh3_128)});
  return {.id = "environment", .heading = "Environment", .html = to_html(facts)};
}

std::string lead(const Material& m) {
  const Experiment& e = m.experiment;
  std::string text = fmt::format(
      "How {} adversarial inputs travel through {}, a convolutional network that classifies {:.1f} % of {} "
      "test "
      "images correctly.",
      titles(e), e.model.architecture.model, 100.0 * e.accuracy.accuracy(),
      with_commas(static_cast<std::uint64_t>(e.accuracy.count)));
  for (const AttackRun& run : e.runs)
    if (run.comparable())
      text += fmt::format(" {} fools it on {} of {} and moves the output path by {:.4f} nats.", run.title,
                          run.summary.success.hits, run.summary.success.trials, run.output.value);
  return text + fmt::format(" Two halves of the normal images lie {:.4f} apart.", e.output_noise.median);
}

}  // namespace

std::string report_page(const Experiment& experiment, const Paper& paper, const StudyResults& results,
                        const Manifest& manifest, const std::filesystem::path& figures) {
  const Material m{experiment, paper, results, manifest, figures};
  Page page{.title = "Information flows of adversarial inputs",
            .lead = lead(m),
            .facts = {{"Model", experiment.model.architecture.model},
                      {"Attacked images", fmt::format("{} test", experiment.attacked.count())},
                      {"Normal images", fmt::format("{} training", experiment.normal.count())},
                      {"Preset", experiment.preset.name},
                      {"Seed", fmt::format("{}", experiment.seed)}},
            .findings = results.findings,
            .sections = {attacks(m), flows(m), pictures(m), network(m), audit(m), timing(m), rerun(m),
                         environment(m)}};
  if (experiment.preset.settings == Settings::reduced)
    page.notice = fmt::format(
        "This is the preset {}: {}{}. Numbers stand beside the paper's without a verdict; the findings say "
        "what "
        "holds in this run.",
        experiment.preset.name, reduced_heading,
        experiment.preset.remark.empty() ? "" : " (" + experiment.preset.remark + ")");
  return render(page);
}

}  // namespace weir
