/// The whole study: measures, writes tables, figures, findings, records, the report and the manifest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/experiment.h"
#include "study/page.h"

namespace weir {

struct StudyOptions {
  Preset preset;
  std::filesystem::path out = "weir-out/study";
  std::string data = "embedded";
  std::filesystem::path weights = {};  // the original; empty: the networks that come with Weir
  RoleFiles others = {};               // other networks than those, by role
  std::uint64_t seed = 2018;
  Numerics numerics = Numerics::fast;       // of crafting; verdicts, accuracies and paths are exact
  std::vector<std::string> arguments = {};  // the command line, for the manifest
  std::vector<Fact> host = {};              // the machine, for manifest and page
  bool only_from_cells = false;  // nothing is computed that a cell would hold; the manifest is the old one
  std::function<bool()> should_stop = {};  // asked often; true: what is finished is kept, and that is all
  CellStore::Listener listener = {};       // of cells that cannot be used
};

/// What a caller tells the user at the end.
struct StudySummary {
  bool finished = false;  // false: stopped; the same call goes on where it was
  std::filesystem::path report = {};
  std::vector<Finding> findings = {};
  std::vector<AttackSummary> attacks = {};  // of the original network, in the preset's order
  std::vector<std::string> missing = {};    // what could not be measured, and why
  double seconds = 0;
  std::string missing_plots = {};  // why a plot is missing, of the first one, or empty
  std::string reduced = {};        // why nothing was judged although the preset would have it, or empty
};

/// Writes report.html, tables/*.csv, figures/fig*.{svg,csv,gp}, records/*.csv, seeds.csv, findings.json,
/// q4.json and manifest.json into options.out, each whole or not at all; cells into cache/. Proves that the
/// folder is writable, and locks it, before anything is computed. Throws what its parts throw, E0601
/// (resource) where another program writes there.
StudySummary run_study(const StudyOptions& options, Device& device, const StudyProgress& progress = {});

}  // namespace weir
