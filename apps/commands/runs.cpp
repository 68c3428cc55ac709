// Commands about folders of results: verify, report, compare.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "data/json_dump.h"
#include "study/run_comparison.h"
#include "study/verification.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

Json list_of(const std::vector<VerifiedFile>& files) {
  Json json = Json::array();
  for (const VerifiedFile& one : files) json.push_back({{"file", one.file}, {"state", to_string(one.state)}});
  return json;
}

std::string counted(const std::vector<VerifiedFile>& files, std::string_view name) {
  std::string text;
  for (const VerifiedFile& one : files)
    if (one.state != FileState::unchanged) text += fmt::format("{:<10} {}\n", to_string(one.state), one.file);
  const auto whole = std::ranges::count(files, FileState::unchanged, &VerifiedFile::state);
  return text + fmt::format("{} of {} {} unchanged\n", whole, files.size(), name);
}

ExitStatus run_verify(const std::string& folder, Session& session) {
  const Verification found = verify_run(folder);
  if (session.shared().json) {
    const Json json = {{"sound", found.sound()},
                       {"finished", found.finished},
                       {"outputs", list_of(found.outputs)},
                       {"inputs", list_of(found.inputs)}};
    session.result(dumped(json) + "\n");
  } else {
    session.result((found.finished ? "" : "the run was not finished\n") + counted(found.outputs, "results") +
                   counted(found.inputs, "inputs"));
  }
  return found.sound() ? ExitStatus::done : ExitStatus::check_failed;
}

ExitStatus run_report(const std::string& folder, Session& session) {
  const StopSignal stop;
  StudyOptions study = study_in(folder);
  study.only_from_cells = true;
  study.should_stop = [&stop] { return stop.received() != 0; };
  study.listener = [&session](std::string_view message) { session.say(message); };
  if (session.shared().dry_run) return ExitStatus::done;
  const StudySummary summary = run_study(study, session.device());
  if (!summary.finished) {
    session.say("stopped; the same command begins again");
    return stop.status();
  }
  if (!summary.missing_plots.empty()) session.say("note: no plots: " + summary.missing_plots);
  session.result(session.shared().json ? dumped(Json{{"report", summary.report.native()}}) + "\n"
                                       : summary.report.native() + "\n");
  return ExitStatus::done;
}

struct CompareWords {
  std::string first, second;
  double tolerance = 1e-6;
};

Json document(const std::vector<FileComparison>& files) {
  Json json = Json::array();
  for (const FileComparison& one : files) {
    Json differences = Json::array();
    for (const CellDifference& cell : one.beyond)
      differences.push_back({{"place", cell.place}, {"first", cell.first}, {"second", cell.second}});
    json.push_back({{"file", one.file},
                    {"cells", one.cells},
                    {"largest_relative_difference", one.largest},
                    {"unlike", one.unlike},
                    {"differences", differences}});
  }
  return {{"files", json}};
}

std::string text(const std::vector<FileComparison>& files) {
  constexpr std::size_t shown = 5;
  std::string lines;
  for (const FileComparison& one : files) {
    lines += fmt::format("{:<10} {:<28} {:>6} cells, largest difference {:.2e}\n",
                         one.same() ? "same" : "DIFFERS", one.file, one.cells, one.largest);
    if (!one.unlike.empty()) lines += fmt::format("           {}\n", one.unlike);
    for (std::size_t i = 0; i < std::min(shown, one.beyond.size()); ++i)
      lines += fmt::format("           {}: {} and {}\n", one.beyond[i].place, one.beyond[i].first,
                           one.beyond[i].second);
    if (one.beyond.size() > shown)
      lines += fmt::format("           and {} more\n", one.beyond.size() - shown);
  }
  return lines;
}

ExitStatus run_compare(const CompareWords& words, Session& session) {
  const std::vector<FileComparison> files = compare_runs(words.first, words.second, words.tolerance);
  session.result(session.shared().json ? dumped(document(files)) + "\n" : text(files));
  return std::ranges::all_of(files, &FileComparison::same) ? ExitStatus::done : ExitStatus::check_failed;
}

}  // namespace

void add_verify(Command& weir) {
  const auto folder = std::make_shared<std::string>();
  weir.child({.name = "verify",
              .summary = "whether a folder of results is still what its manifest says",
              .examples = {"weir verify weir-out/study", "weir verify weir-out/attack --json"},
              .details = "Hashes every file again. Exit code 1 when a result changed or is gone, when an "
                         "input changed, or when the run was not finished."})
      .positional("DIR", "a folder with a manifest.json", text_into(*folder))
      .shares({})
      .runs([folder](Session& session) { return run_verify(*folder, session); });
}

void add_report(Command& weir) {
  const auto folder = std::make_shared<std::string>();
  weir.child({.name = "report",
              .summary = "makes the page, tables and figures of a finished study again",
              .examples = {"weir report weir-out/study", "weir report paper --json"},
              .details = "From what the study computed: nothing is attacked or traced anew. Images and "
                         "weights must be where they were."})
      .positional("DIR", "a folder that `weir study` wrote", text_into(*folder))
      .shares({Shared::device, Shared::threads, Shared::dry_run})
      .runs([folder](Session& session) { return run_report(*folder, session); });
}

void add_compare(Command& weir) {
  const auto words = std::make_shared<CompareWords>();
  weir.child({.name = "compare",
              .summary = "two runs of a study, number by number",
              .examples = {"weir compare paper paper-again", "weir compare mine theirs --tolerance 0.05"},
              .details = "Compares tables/, the numbers behind figures/, the images drawn and what the "
                         "findings say. Exit code 1 when anything differs beyond the tolerance."})
      .positional("DIR_A", "a folder that `weir study` wrote", text_into(words->first))
      .positional("DIR_B", "another", text_into(words->second))
      .option("--tolerance", "X", "relative difference of numbers that counts as none (default 1e-6)",
              positive_into(words->tolerance))
      .shares({})
      .runs([words](Session& session) { return run_compare(*words, session); });
}

}  // namespace weir
