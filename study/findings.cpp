#include "study/findings.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "data/json_dump.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct Tested {
  Status status = Status::not_measured;
  std::string ours = {};
};

/// holds only when it holds for every attack, fails when it fails for one.
Status combined(const std::vector<Status>& each) {
  if (each.empty()) return Status::not_measured;
  const auto any = [&](Status status) { return std::find(each.begin(), each.end(), status) != each.end(); };
  if (any(Status::fails)) return Status::fails;
  return any(Status::undecided) ? Status::undecided : Status::holds;
}

std::vector<const AttackRun*> comparable_runs(const Experiment& experiment) {
  std::vector<const AttackRun*> runs;
  for (const AttackRun& run : experiment.runs)
    if (run.comparable()) runs.push_back(&run);
  return runs;
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// Q1c: for every attack the paths differ from those of the same images before the attack. Against normal
/// inputs, the paper's own comparison, the p-values are shown and do not decide: there the images differ,
/// too.
Tested paths_differ(const Experiment& experiment) {
  const std::vector<AdjustedP> adjusted = adjusted_p_values(experiment);
  std::vector<Status> each;
  std::vector<std::string> words;
  for (std::size_t place = 0; place < experiment.runs.size(); ++place) {
    if (!experiment.runs[place].comparable()) continue;
    const AdjustedP& p = adjusted[place];
    each.push_back(std::min(p.own_input, p.own_output) < 0.05 ? Status::holds : Status::undecided);
    words.push_back(fmt::format(
        "{}: p {:.4f} (IIP), {:.4f} (OIP) against their own clean versions; {:.4f}, {:.4f} against normal",
        experiment.runs[place].title, p.own_input, p.own_output, p.input, p.output));
  }
  return {combined(each), joined(words)};
}

/// Q2a: the output path moves more than the input path.
Tested output_moves_more(const Experiment& experiment) {
  std::vector<Status> each;
  std::vector<std::string> words;
  for (const AttackRun* run : comparable_runs(experiment)) {
    const Measured& contrast = run->output_minus_input;
    each.push_back(contrast.interval->low > 0    ? Status::holds
                   : contrast.interval->high < 0 ? Status::fails
                                                 : Status::undecided);
    words.push_back(
        fmt::format("{}: OIP {:.4f}, IIP {:.4f}, difference {:+.4f} (one-sided 95 % bounds {:+.4f}, {:+.4f})",
                    run->title, run->output.value, run->input.value, contrast.value, contrast.interval->low,
                    contrast.interval->high));
  }
  return {combined(each), joined(words)};
}

/// Q2c: input paths are equivalent to normal, with the margin that normal images set among themselves.
Tested input_paths_similar(const Experiment& experiment) {
  const double margin = experiment.input_noise.margin;
  std::vector<Status> each;
  std::vector<std::string> words;
  for (const AttackRun* run : comparable_runs(experiment)) {
    const Interval& interval = run->input.interval;
    each.push_back(interval.high <= margin ? Status::holds
                   : interval.low > margin ? Status::fails
                                           : Status::undecided);
    words.push_back(fmt::format("{}: {:.4f} ({:.4f} – {:.4f})", run->title, run->input.value, interval.low,
                                interval.high));
  }
  return {combined(each), joined(words) + fmt::format("; margin {:.4f}", margin)};
}

Json interval_json(const Interval& interval) { return Json::array({interval.low, interval.high}); }

Json distance_json(const PathDistance& d, const NoiseFloor& noise) {
  return {{"value", d.value},
          {"interval", interval_json(d.interval)},
          {"p_value", d.p_value},
          {"own_clean", d.paired},
          {"own_clean_p_value", d.paired_p_value},
          {"noise_median", noise.median},
          {"noise_margin", noise.margin}};
}

Json run_json(const AttackRun& run, const Experiment& experiment) {
  Json settings = Json::object();
  for (const Setting& setting : run.settings) settings[setting.name] = setting.value;
  Json json = {{"attack", run.name},
               {"settings", settings},
               {"correct", run.summary.success.trials},
               {"fooled", run.summary.success.hits},
               {"success_rate", run.summary.success.value},
               {"success_interval", Json::array({run.summary.success.low, run.summary.success.high})},
               {"survives_rounding", run.summary.survives_rounding.hits}};
  if (run.comparable()) {
    json["iip"] = distance_json(run.input, experiment.input_noise);
    json["oip"] = distance_json(run.output, experiment.output_noise);
  }
  return json;
}

}  // namespace

std::vector<Finding> findings_of(const Experiment& experiment, const Paper& paper) {
  std::map<std::string, Tested> answers;
  if (!comparable_runs(experiment).empty()) {
    answers["Q1c"] = paths_differ(experiment);
    answers["Q2a"] = output_moves_more(experiment);
    answers["Q2c"] = input_paths_similar(experiment);
  }
  std::vector<Finding> findings;
  for (const Direction& direction : paper.directions()) {
    const Tested answer = answers[direction.id];
    findings.push_back({.id = direction.id,
                        .question = direction.question,
                        .statement = direction.statement,
                        .evidence = direction.evidence,
                        .ours = answer.ours,
                        .status = answer.status});
  }
  return findings;
}

std::string findings_json(const Experiment& experiment, const std::vector<Finding>& findings) {
  Json json = {{"schema", 1},
               {"preset", experiment.preset.name},
               {"settings", experiment.preset.settings == Settings::reduced ? reduced_heading : "as printed"},
               {"seed", experiment.seed},
               {"model", experiment.model.architecture.model},
               {"attacked_images", experiment.attacked.count()},
               {"normal_images", experiment.normal.count()},
               {"accuracy", experiment.accuracy.accuracy()},
               {"findings", Json::array()},
               {"attacks", Json::array()}};
  for (const Finding& finding : findings)
    json["findings"].push_back({{"id", finding.id},
                                {"status", to_string(finding.status)},
                                {"statement", finding.statement},
                                {"paper", finding.evidence},
                                {"ours", finding.ours}});
  for (const AttackRun& run : experiment.runs) json["attacks"].push_back(run_json(run, experiment));
  return dumped(json) + "\n";
}

}  // namespace weir
