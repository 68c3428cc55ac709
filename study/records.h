/// The per-input records under every number of the study, as files.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "study/analysis.h"

namespace weir {

/// File name and text: for each run its records (`original-fgsm.csv`), the answers of every network to what
/// it made (`original-fgsm-answers.csv`) and the paths (`original-fgsm-paths.csv`); for each network those of
/// unchanged images (`original-unchanged-paths.csv`) and its answers (`original-unchanged-answers.csv`).
std::vector<std::pair<std::string, std::string>> record_files(const Experiment& experiment);

/// Which images were drawn, by their positions in the official splits.
std::string csv_of_seeds(const Experiment& experiment);

/// q4.json: the numbers about the distilled network that the paper tells in its text.
std::string defence_json(const Analysis& analysis);

}  // namespace weir
