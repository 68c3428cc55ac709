/// The whole study: measures, writes tables, figures, findings, the report and the manifest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/experiment.h"
#include "study/page.h"

namespace weir {

struct StudyOptions {
  std::string preset = "quick";
  std::filesystem::path out = "weir-out/study";
  std::string data = "embedded";
  std::filesystem::path weights = {};  // empty: those of good-init that come with Weir
  std::uint64_t seed = 2018;
  Numerics numerics = Numerics::fast;       // of crafting; verdicts, accuracies and paths are exact
  std::vector<std::string> arguments = {};  // the command line, for the manifest
  std::vector<Fact> host = {};              // the machine, for manifest and page
};

/// What a caller tells the user at the end.
struct StudySummary {
  std::filesystem::path report;
  std::vector<Finding> findings;
  std::vector<AttackSummary> attacks;  // in the preset's order
  double seconds = 0;
  std::string missing_plots;  // why there are no plots, or empty
  std::string reduced;        // why nothing was judged although the preset would have it, or empty
};

/// Writes report.html, tables/*.csv, figures/fig*.{svg,csv,gp}, seeds.csv, findings.json and manifest.json
/// into options.out, each whole or not at all. Proves that the folder is writable, and locks it, before
/// anything is computed. Throws what its parts throw, E0601 (resource) where another program writes there.
StudySummary run_study(const StudyOptions& options, Device& device, const StudyProgress& progress = {});

}  // namespace weir
