// findings.json: what came out, for programs.
#include <nlohmann/json.hpp>

#include "data/json_dump.h"
#include "study/findings.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

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

/// A case of a statement. Its interval is that of the rule: 95 %, or two one-sided bounds of 95 %.
Json row_json(const FindingRow& row) {
  Json json = {{"what", row.what}};
  if (row.measured.n > 0) {
    json["value"] = row.measured.value;
    json["n"] = row.measured.n;
  }
  if (row.measured.interval) json["interval"] = interval_json(*row.measured.interval);
  if (row.measured.bias) json["bias"] = *row.measured.bias;
  if (row.p_value) json["p_value"] = *row.p_value;
  if (row.status) json["status"] = to_string(*row.status);
  return json;
}

Json finding_json(const Finding& finding) {
  Json json = {{"id", finding.id},
               {"status", to_string(finding.status)},
               {"statement", finding.statement},
               {"paper", finding.evidence},
               {"test", finding.test},
               {"ours", finding.ours},
               {"rows", Json::array()}};
  for (const FindingRow& row : finding.rows) json["rows"].push_back(row_json(row));
  return json;
}

}  // namespace

std::string findings_json(const Analysis& analysis, const std::vector<Finding>& findings) {
  const Experiment& experiment = analysis.experiment;
  Json json = {{"schema", 3},
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
  for (const Finding& finding : findings) json["findings"].push_back(finding_json(finding));
  for (const AttackRun& run : experiment.runs) json["attacks"].push_back(run_json(analysis, run));
  return dumped(json) + "\n";
}

}  // namespace weir
