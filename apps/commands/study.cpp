#include "study/study.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/machine.h"
#include "apps/session.h"
#include "data/json_dump.h"
#include "models/zoo.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct StudyCommand {
  std::string preset = "quick";
  std::string weights = "good-init";
};

/// A line for each stage that begins, and a bar for the one that runs.
class Stages {
 public:
  explicit Stages(const Session& session) : session_(session) {}

  void at(std::string_view stage, Index done, Index total) {
    if (stage != stage_) {
      bar_.reset();
      stage_ = stage;
      session_.say(stage);
      bar_ = session_.progress(stage_, total, "stages");
    }
    bar_->at(done);
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

ExitStatus run_study_command(const StudyCommand& options, Session& session) {
  const SharedValues& shared = session.shared();
  const std::string weights = find_weights(options.weights);
  session.say(fmt::format("the study, preset {}, on {} (device {})", options.preset, weights,
                          session.device().name()));
  if (shared.dry_run) return ExitStatus::done;
  Stages stages(session);
  const StudySummary summary = run_study(
      {.preset = options.preset,
       .out = shared.out,
       .data = shared.data,
       .weights = weights,
       .seed = shared.seed,
       .numerics = session.numerics(Numerics::fast),
       .arguments = session.words(),
       .host = facts_of(this_machine())},
      session.device(),
      [&stages](std::string_view stage, Index done, Index total) { stages.at(stage, done, total); });
  if (!summary.reduced.empty()) session.say("note: not judged as the paper's setting: " + summary.reduced);
  if (!summary.missing_plots.empty()) session.say("note: no plots: " + summary.missing_plots);
  session.result(shared.json ? dumped(document(summary)) + "\n" : text(summary));
  return ExitStatus::done;
}

}  // namespace

void add_study(Command& weir) {
  const auto options = std::make_shared<StudyCommand>();
  weir.child({.name = "study",
              .summary = "the whole study: measures, compares with the paper, writes one report",
              .examples = {"weir study", "weir study --preset paper --data cifar --out paper"},
              .details = "Writes report.html, tables/, figures/, findings.json and manifest.json."})
      .option("--preset", "NAME", "quick (default) or paper: how many images",
              name_into(options->preset, {"quick", "paper"}))
      .option("--weights", "WEIGHTS",
              "a safetensors file, or the name of weights that come with Weir (default good-init)",
              text_into(options->weights))
      .writes_to("weir-out/study")
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::numerics, Shared::threads,
               Shared::dry_run})
      .runs([options](Session& session) { return run_study_command(*options, session); });
}

}  // namespace weir
