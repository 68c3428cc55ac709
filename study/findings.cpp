#include "study/findings.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "data/json_dump.h"
#include "study/palette.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;
using Test = Tested (*)(const Analysis&);

const std::map<std::string, Test, std::less<>>& tests() {
  static const std::map<std::string, Test, std::less<>> table = {
      {"Q1a", paths_move_away},
      {"Q1b", paths_approach_the_last},
      {"Q1c", paths_differ},
      {"Q2a", output_moves_more},
      {"Q2b", order_of_attacks},
      {"Q2c", input_paths_similar},
      {"Q3a", compressed_gap_larger},
      {"Q3b", compressed_transfers_better},
      {"Q3c", compressed_as_accurate},
      {"Q4a", adaptive_breaks_distillation},
      {"Q4b", adaptive_moves_paths},
      {"Q4c", distilled_as_accurate},
      {"Q5a", own_inputs_farthest},
      {"Q5b", transferable_farther},
      {"Q5c", deep_conv_hardly_transfers},
      {"Q5d", ensemble_transfers_better},
  };
  return table;
}

Json interval_json(const Interval& interval) { return Json::array({interval.low, interval.high}); }

Json distance_json(const PathDistance& d, const NoiseFloor& noise) {
  return {{"value", d.value},
          {"interval", interval_json(d.interval)},
          {"bias", d.bias},
          {"p_value", d.p_value},
          {"own_clean", d.paired},
          {"own_clean_p_value", d.paired_p_value},
          {"noise_median", noise.median},
          {"noise_margin", noise.margin}};
}

Json run_json(const Analysis& analysis, const AttackRun& run) {
  Json settings = Json::object();
  for (const Setting& setting : run.settings) settings[setting.name] = setting.value;
  Json json = {{"target", run.planned.target}, {"attack", run.planned.attack}, {"settings", settings}};
  if (!run.there()) {
    json["missing"] = run.missing;
    return json;
  }
  json["correct"] = run.summary.success.trials;
  json["fooled"] = run.summary.success.hits;
  json["success_rate"] = run.summary.success.value;
  json["success_interval"] = Json::array({run.summary.success.low, run.summary.success.high});
  json["survives_rounding"] = run.summary.survives_rounding.hits;
  for (const AttackDistance& one : analysis.distances) {
    if (one.run != &run || !one.comparable()) continue;
    const NetworkNoise& noise = analysis.noise_on(analysis.experiment.original());
    json["iip"] = distance_json(one.input, noise.input);
    json["oip"] = distance_json(one.output, noise.output);
  }
  return json;
}

Json network_json(const StudiedNetwork& network) {
  Json json = {{"role", network.key()}};
  if (!network.there()) {
    json["missing"] = network.missing;
    return json;
  }
  json["model"] = network.stored.architecture.model;
  json["weights_xxh3_128"] = network.fingerprint;
  json["accuracy"] = network.accuracy.evaluation.accuracy();
  json["test_images"] = network.accuracy.evaluation.count;
  return json;
}

}  // namespace

Status combined(const std::vector<Status>& each) {
  if (each.empty()) return Status::not_measured;
  const auto any = [&](Status status) { return std::find(each.begin(), each.end(), status) != each.end(); };
  if (any(Status::fails)) return Status::fails;
  return any(Status::undecided) ? Status::undecided : Status::holds;
}

Status positive(const Measured& contrast) {
  if (contrast.n == 0 || !contrast.interval) return Status::not_measured;
  if (contrast.interval->low > 0) return Status::holds;
  return contrast.interval->high < 0 ? Status::fails : Status::undecided;
}

std::string in_words(const Measured& measured) {
  const auto digits = [](double value) { return with_decimals(value, 4); };
  if (measured.n == 0) return "not measured";
  if (!measured.interval) return digits(measured.value);
  return fmt::format("{} ({} – {})", digits(measured.value), digits(measured.interval->low),
                     digits(measured.interval->high));
}

std::vector<Finding> findings_of(const Analysis& analysis) {
  std::vector<Finding> findings;
  for (const Direction& direction : analysis.paper.directions()) {
    const auto test = tests().find(direction.id);
    ensures(test != tests().end(), "a statement of the paper that nothing tests");
    const Tested answer = test->second(analysis);
    findings.push_back({.id = direction.id,
                        .question = direction.question,
                        .statement = direction.statement,
                        .evidence = direction.evidence,
                        .test = direction.test,
                        .ours = answer.ours,
                        .status = answer.status});
  }
  return findings;
}

std::string findings_json(const Analysis& analysis, const std::vector<Finding>& findings) {
  const Experiment& experiment = analysis.experiment;
  Json json = {{"schema", 2},
               {"preset", experiment.preset.name},
               {"settings", experiment.preset.settings == Settings::reduced ? reduced_heading : "as printed"},
               {"seed", experiment.seed},
               {"model", experiment.original().stored.architecture.model},
               {"attacked_images", experiment.attacked.count()},
               {"normal_images", experiment.normal.count()},
               {"accuracy", experiment.original().accuracy.evaluation.accuracy()},
               {"networks", Json::array()},
               {"findings", Json::array()},
               {"attacks", Json::array()}};
  for (const StudiedNetwork& network : experiment.networks) json["networks"].push_back(network_json(network));
  for (const Finding& finding : findings)
    json["findings"].push_back({{"id", finding.id},
                                {"status", to_string(finding.status)},
                                {"statement", finding.statement},
                                {"paper", finding.evidence},
                                {"test", finding.test},
                                {"ours", finding.ours}});
  for (const AttackRun& run : experiment.runs) json["attacks"].push_back(run_json(analysis, run));
  return dumped(json) + "\n";
}

}  // namespace weir
