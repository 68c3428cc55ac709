// What stands behind the numbers: time, machine, how to run it again.
#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "study/palette.h"
#include "study/report_sections.h"
#include "study/table.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::vector<TableCell> row_of_cost(std::string attack, std::string target, const Cost& cost) {
  const double rate = cost.seconds > 0 ? static_cast<double>(cost.backwards) / cost.seconds : 0;
  return {std::move(attack),
          std::move(target),
          cost.backwards,
          cost.forwards,
          fmt::format("{:.1f}", cost.seconds),
          fmt::format("{:.0f}", rate)};
}

/// Seconds are those of the computing that filled the cells, in however many sittings.
Section timing(const ReportMaterial& m) {
  Table table{.id = "timing",
              .label = "Timing",
              .title = fmt::format("Making the adversarial inputs, started {}", m.manifest.started),
              .density = Density::compact,
              .columns = {{"attack", "Attack"},
                          {"target", "Made for"},
                          {"image_gradients", "Image-gradients"},
                          {"forward_passes", "Forward passes"},
                          {"seconds", "Seconds"},
                          {"rate", "Gradients a second"}}};
  Cost sum;
  for (const AttackRun& run : m.analysis.experiment.runs) {
    if (!run.there()) continue;
    table.add(row_of_cost(run.reading.title, run.planned.target, run.cell.crafting));
    sum += run.cell.crafting;
  }
  table.add(row_of_cost("All", "–", sum));
  return {.id = "time",
          .heading = "Timing",
          .introduction =
              "Of crafting, on the machine below; parts that were found finished count with the "
              "time that they took when they were computed.",
          .html = to_html(table)};
}

Section rerun(const ReportMaterial& m) {
  std::string html = fmt::format("<pre>{}</pre>\n", escaped(command_of(m.options)));
  html +=
      "<p class=\"note\">The same machine, libraries and build give the same tables byte for byte; only the "
      "block Timing differs. A run that was stopped goes on with the same command. The numbers behind every "
      "table and figure lie beside this page in tables/ and figures/, what they were made from, input by "
      "input, in records/; manifest.json holds the fingerprints of all of them, and <code>weir verify "
      "DIR</code> takes them again.</p>\n";
  return {.id = "rerun", .heading = "How to run it again", .html = html};
}

Section environment(const ReportMaterial& m) {
  std::vector<Fact> facts{{"Weir", fmt::format("{} ({})", WEIR_VERSION, WEIR_COMMIT)},
                          {"Compiler", WEIR_BUILD_COMPILER},
                          {"Device", m.manifest.device},
                          {"Threads", fmt::format("{}", m.manifest.threads)},
                          {"Crafting", m.manifest.numerics},
                          {"Numbers", std::string(determinism_level)}};
  for (const std::vector<Fact>* group : {&m.manifest.libraries, &m.manifest.host})
    facts.insert(facts.end(), group->begin(), group->end());
  facts.push_back({"Images", m.manifest.data});
  for (const HashedFile& file : m.manifest.inputs)
    facts.push_back({std::filesystem::path(file.file).filename().string(),
                     fmt::format("{} XXH3-128 {}", human_size(file.bytes), file.xxh3_128)});
  return {.id = "environment", .heading = "Environment", .html = to_html(facts)};
}

}  // namespace

std::vector<Section> background_sections(const ReportMaterial& m) {
  return {timing(m), rerun(m), environment(m)};
}

}  // namespace weir
