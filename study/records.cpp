#include "study/records.h"

#include <nlohmann/json.hpp>

#include "data/json_dump.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view answers_head = "measured_on,id,label,class,confidence\n";
constexpr std::string_view paths_head = "measured_on,population,id,k,iip,oip\n";

std::string lines_of_answers(std::string_view network, const Answers& answers, const ImageSet& images) {
  std::string csv;
  for (std::size_t row = 0; row < answers.classes.size(); ++row)
    csv += fmt::format("{},{},{},{},{}\n", network, images.original_indices[row], images.labels[row],
                       answers.classes[row], answers.confidences[row]);
  return csv;
}

struct PathLines {
  std::string_view network, population;
};

std::string lines_of_paths(const PathLines& lines, const std::vector<Path>& paths,
                           const std::vector<Index>& ids) {
  std::string csv;
  for (std::size_t row = 0; row < paths.size(); ++row)
    for (std::size_t k = 0; k < paths[row].iip.size(); ++k)
      csv += fmt::format("{},{},{},{},{},{}\n", lines.network, lines.population, ids[row], k + 1,
                         paths[row].iip[k], paths[row].oip[k]);
  return csv;
}

std::vector<Index> ids_of(const ImageSet& images, const std::vector<Index>& rows) {
  std::vector<Index> ids;
  for (const Index row : rows) ids.push_back(images.original_indices[static_cast<std::size_t>(row)]);
  return ids;
}

using Files = std::vector<std::pair<std::string, std::string>>;

void add_run(Files& files, const Experiment& experiment, const AttackRun& run) {
  const std::string stem = fmt::format("{}-{}", run.planned.target, run.planned.attack);
  std::string answers(answers_head), paths(paths_head);
  for (const auto& [network, on] : run.on) {
    answers += lines_of_answers(network, on.answers, experiment.attacked.set);
    paths +=
        lines_of_paths({network, run.planned.attack}, on.paths, ids_of(experiment.attacked.set, run.traced));
  }
  files.emplace_back(stem + ".csv", to_csv(run.cell.records));
  files.emplace_back(stem + "-answers.csv", std::move(answers));
  files.emplace_back(stem + "-paths.csv", std::move(paths));
}

void add_network(Files& files, const Experiment& experiment, const StudiedNetwork& network) {
  const std::string stem = std::string(network.key()) + "-unchanged";
  files.emplace_back(stem + "-answers.csv",
                     std::string(answers_head) +
                         lines_of_answers(network.key(), network.clean_answers, experiment.attacked.set));
  files.emplace_back(stem + "-paths.csv", std::string(paths_head) +
                                              lines_of_paths({network.key(), "normal"}, network.normal.paths,
                                                             experiment.normal.set.original_indices) +
                                              lines_of_paths({network.key(), "clean"}, network.clean_paths,
                                                             experiment.attacked.set.original_indices));
}

std::string csv_of_images(const DrawnImages& images, std::string_view role) {
  std::string csv;
  for (Index row = 0; row < images.count(); ++row)
    csv += fmt::format("{},{},{}\n", role, images.set.original_indices[static_cast<std::size_t>(row)],
                       images.set.labels[static_cast<std::size_t>(row)]);
  return csv;
}

Json measured_json(const Measured& measured) {
  if (measured.n == 0) return nullptr;
  Json json = {{"value", measured.value}, {"n", measured.n}};
  if (measured.interval) json["interval"] = Json::array({measured.interval->low, measured.interval->high});
  if (measured.bias) json["bias"] = *measured.bias;
  return json;
}

Json one_json(const Defence::One& one) {
  const Rate& rate = one.run->summary.success;
  return {{"correct", rate.trials},
          {"fooled", rate.hits},
          {"success_rate", rate.value},
          {"success_interval", Json::array({rate.low, rate.high})},
          {"without_gradient", one.run->summary.zero_gradients.hits},
          {"oip", measured_json(one.output)},
          {"iip", measured_json(one.input)},
          {"oip_of_successes", measured_json(one.output_of_successes)}};
}

}  // namespace

Files record_files(const Experiment& experiment) {
  Files files;
  for (const StudiedNetwork& network : experiment.networks)
    if (network.there()) add_network(files, experiment, network);
  for (const AttackRun& run : experiment.runs)
    if (run.there()) add_run(files, experiment, run);
  return files;
}

std::string csv_of_seeds(const Experiment& experiment) {
  return "role,original_index,label\n" + csv_of_images(experiment.attacked, "attacked_test") +
         csv_of_images(experiment.normal, "normal_train");
}

std::string defence_json(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  const StudiedNetwork& distilled = analysis.experiment.network("distilled");
  Json json = {{"schema", 1}, {"temperature", analysis.paper.setting("distillation", "temperature")}};
  if (!defence.missing.empty()) json["missing"] = defence.missing;
  if (distilled.there()) {
    const StatedAccuracy accuracy = accuracy_of(analysis, distilled);
    json["accuracy"] = {
        {"value", accuracy.rate.value}, {"images", accuracy.rate.trials}, {"from_card", accuracy.from_card}};
    json["noise_margin"] = analysis.noise_on(distilled).output.margin;
  }
  if (defence.regular.run != nullptr) {
    json["regular"] = one_json(defence.regular);
    json["adaptive"] = one_json(defence.adaptive);
    json["adaptive_minus_regular"] = measured_json(defence.adaptive_minus_regular);
  }
  return dumped(json) + "\n";
}

}  // namespace weir
