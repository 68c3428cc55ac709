#include "study/report.h"

#include <algorithm>

#include "data/shell_words.h"
#include "data/wording.h"
#include "study/figures.h"
#include "study/palette.h"
#include "study/report_sections.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::string titles(const Analysis& analysis) {
  std::vector<std::string> names;
  for (const AttackDistance& one : analysis.distances)
    if (one.run->there()) names.push_back(one.run->reading.title);
  if (names.size() < 2) return fmt::format("{}", fmt::join(names, ""));
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{} and {}", fmt::join(names, ", "), last);
}

std::string lead(const Analysis& analysis) {
  const StudiedNetwork& original = analysis.experiment.original();
  const Evaluation& accuracy = original.accuracy.evaluation;
  std::string text = fmt::format(
      "How {} adversarial inputs travel through {}, a convolutional network that classifies {:.1f} % of {} "
      "test images correctly.",
      titles(analysis), original.stored.architecture.model, 100.0 * accuracy.accuracy(),
      with_commas(accuracy.count));
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable())
      text += fmt::format(" {} fools it on {} of {} and moves the output path by {:.4f} nats.",
                          one.run->reading.title, one.run->summary.success.hits,
                          one.run->summary.success.trials, one.output.value);
  return text + fmt::format(" Two halves of the normal images lie {:.4f} apart.",
                            analysis.noise_on(original).output.median);
}

std::string notice(const Preset& preset) {
  if (preset.settings != Settings::reduced) return {};
  return fmt::format(
      "This is the preset {}: {}{}. Numbers stand beside the paper's without a verdict; "
      "the findings say what holds in this run.",
      preset.name, reduced_heading, preset.remark.empty() ? "" : " (" + preset.remark + ")");
}

std::string names_of_networks(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const StudiedNetwork& network : experiment.networks)
    if (network.there()) names.push_back(network.title());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string report_page(const Analysis& analysis, const StudyResults& results, const Manifest& manifest,
                        const StudyOptions& options, const std::filesystem::path& figures) {
  const ReportMaterial m{analysis, results, manifest, options, figures};
  const Experiment& experiment = analysis.experiment;
  const Page page{.title = "Information flows of adversarial inputs",
                  .lead = lead(analysis),
                  .notice = notice(experiment.preset),
                  .facts = {{"Model", experiment.original().stored.architecture.model},
                            {"Networks", names_of_networks(experiment)},
                            {"Attacked images", fmt::format("{} test", experiment.attacked.count())},
                            {"Normal images", fmt::format("{} training", experiment.normal.count())},
                            {"Preset", experiment.preset.name},
                            {"Seed", fmt::format("{}", experiment.seed)}},
                  .findings = results.findings,
                  .sections = report_sections(m)};
  return render(page);
}

std::string command_of(const StudyOptions& options) {
  std::vector<std::string> words = {"study",
                                    "--preset",
                                    options.preset.name,
                                    "--seed",
                                    fmt::format("{}", options.seed),
                                    "--data",
                                    options.data,
                                    "--numerics",
                                    std::string(to_string(options.numerics)),
                                    "--seeds",
                                    fmt::format("{}", options.preset.attacked_images)};
  std::vector<std::string> weights;
  if (!options.weights.empty()) weights.push_back(options.weights.string());
  for (const auto& [role, file] : options.others)
    weights.push_back(fmt::format("{}={}", role, file.string()));
  if (!weights.empty()) words.insert(words.end(), {"--weights", fmt::format("{}", fmt::join(weights, ","))});
  words.insert(words.end(), {"--out", "DIR"});
  return shell_command(words);
}

}  // namespace weir
