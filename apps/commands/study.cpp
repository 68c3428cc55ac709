#include "study/study.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/machine.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/terminal.h"
#include "data/home.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "models/zoo.h"
#include "study/experiment.h"
#include "study/plan.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct StudyCommand {
  std::string preset = "quick";
  Index seeds = 0;  // 0: as the preset says
  std::string weights;
  RoleFiles others;
};

/// A list: `FILE` is the original network, `ROLE=FILE` another one.
Reader weights_into(StudyCommand& options) {
  return [&options](const Argument& argument) {
    std::vector<std::string> words;
    texts_of_list_into(words)(argument);
    for (const std::string& word : words) {
      const auto equals = word.find('=');
      if (equals == std::string::npos)
        options.weights = word;
      else
        options.others[std::string(role_named(word.substr(0, equals)).key)] = word.substr(equals + 1);
    }
  };
}

/// One bar for all stages; where it is not drawn, a line for each that begins.
class Stages {
 public:
  explicit Stages(const Session& session) : session_(session) {}

  void at(std::string_view stage, Index done, Index total) {
    if (stage != stage_ && !is_terminal(Stream::error)) session_.say(stage);  // where no bar shows it
    stage_ = stage;
    // Time runs from the first stage that was not found finished.
    if (!bar_) bar_ = session_.progress("study", total, "image-passes");
    bar_->at(done, stage);
  }

 private:
  const Session& session_;
  std::string stage_;
  std::unique_ptr<Progress> bar_;
};

Json document(const StudySummary& summary) {
  Json findings = Json::array();
  for (const Finding& finding : summary.findings)
    findings.push_back({{"id", finding.id},
                        {"statement", finding.statement},
                        {"status", to_string(finding.status)},
                        {"ours", finding.ours}});
  return {{"report", summary.report.native()}, {"seconds", summary.seconds}, {"findings", findings}};
}

std::string text(const StudySummary& summary) {
  std::string lines;
  for (const Status status : {Status::holds, Status::fails, Status::undecided, Status::not_measured}) {
    const auto count = std::ranges::count(summary.findings, status, &Finding::status);
    lines += fmt::format("{:<14} {:>2} of the paper's {} findings\n", to_string(status), count,
                         summary.findings.size());
  }
  for (const Finding& finding : summary.findings)
    if (finding.status != Status::not_measured)
      lines += fmt::format("  {:<5} {:<14} {}\n", finding.id, to_string(finding.status), finding.statement);
  return lines + fmt::format("report         {}\n", summary.report.native());
}

StudyOptions study_options(const StudyCommand& options, const Session& session) {
  const SharedValues& shared = session.shared();
  StudyOptions study{.preset = read_preset(find_resource("study/presets.json"), options.preset),
                     .out = shared.out,
                     .data = shared.data,
                     .seed = shared.seed,
                     .numerics = session.numerics(),
                     .arguments = session.words(),
                     .host = facts_of(this_machine()),
                     .listener = [&session](std::string_view message) { session.say(message); }};
  if (options.seeds > 0) study.preset = with_attacked_images(study.preset, options.seeds);
  if (!options.weights.empty()) study.weights = find_weights(options.weights);
  for (const auto& [role, file] : options.others) study.others[role] = find_weights(file.string());
  return study;
}

/// Which networks are there, what attacks them, and on how many images.
void say_plan(const StudyOptions& study, const Session& session) {
  std::map<std::string, std::vector<std::string>, std::less<>> attacks;
  for (const PlannedRun& run : planned_runs(study.preset)) attacks[run.target].push_back(run.attack);
  const ExperimentOptions options{.preset = study.preset, .weights = study.weights, .others = study.others};
  for (const Role& role : roles()) {
    const RoleWeights weights = weights_of(role, options);
    session.say(weights.missing.empty()
                    ? fmt::format("{}: {}, attacked by {}", role.key, weights.file.native(),
                                  fmt::join(attacks[std::string(role.key)], ", "))
                    : fmt::format("{}: left out, {}", role.key, weights.missing));
  }
  const auto there = [&](const std::string& key) {
    return weights_of(role_named(key), options).missing.empty();
  };
  if (const auto& together = networks_of_transfer(); std::ranges::all_of(together, there))
    session.say(fmt::format("{} together: attacked by {}", fmt::join(together, ", "),
                            fmt::join(attacks[ensemble_target], ", ")));
  const Preset& preset = study.preset;
  session.say(fmt::format("{} as the normal ones; accuracy on {}", count_of(preset.normal_images, "image"),
                          preset.accuracy_images > 0 ? count_of(preset.accuracy_images, "test image")
                                                     : std::string("all test images")));
}

ExitStatus run_study_command(const StudyCommand& options, Session& session) {
  const StopSignal stop;
  StudyOptions study = study_options(options, session);
  study.should_stop = [&stop] { return stop.received() != 0; };
  session.say(fmt::format("the study, preset {}, {} attacked (device {})", study.preset.name,
                          count_of(study.preset.attacked_images, "image"), session.device().name()));
  if (session.shared().dry_run) {
    say_plan(study, session);
    return ExitStatus::done;
  }
  const StudySummary summary = [&] {
    Stages stages(session);
    return run_study(study, session.device(), [&stages](std::string_view stage, Index done, Index total) {
      stages.at(stage, done, total);
    });
  }();
  if (!summary.finished) {
    session.say("stopped; the same command goes on where this one was");
    return stop.status();
  }
  for (const std::string& line : summary.missing) session.say("note: " + line);
  if (!summary.reduced.empty()) session.say("note: not judged as the paper's setting: " + summary.reduced);
  if (!summary.missing_plots.empty()) session.say("note: no plots: " + summary.missing_plots);
  session.result(session.shared().json ? dumped(document(summary)) + "\n" : text(summary));
  return ExitStatus::done;
}

}  // namespace

void add_study(Command& weir) {
  const auto options = std::make_shared<StudyCommand>();
  weir.child({.name = "study",
              .summary = "the whole study: measures, compares with the paper, writes one report",
              .examples = {"weir study", "weir study --preset paper --data cifar --out paper"},
              .details = "Writes report.html, tables/, figures/, records/, findings.json and manifest.json. "
                         "Stopped or killed, the same command goes on where it was: what is computed lies in "
                         "cache/."})
      .option("--preset", "NAME", "quick (default) or paper: how many images",
              name_into(options->preset, {"quick", "paper"}))
      .option("--seeds", "N", "images attacked (default: by preset); not `--seed`",
              integer_into(options->seeds, {.low = 4}))
      .option("--weights", "WEIGHTS",
              "this network instead of the original, a file or a name; the others are then left out unless "
              "named, too: FILE,compressed=FILE,... (compressed, distilled, deep-conv, vgg-like, other-seed)",
              weights_into(*options))
      .writes_to("weir-out/study")
      .computes(Numerics::fast)
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::numerics, Shared::threads,
               Shared::dry_run})
      .runs([options](Session& session) { return run_study_command(*options, session); });
}

}  // namespace weir
