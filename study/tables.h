/// The paper's tables, filled from an experiment. A row stands there only when it was measured.
#pragma once

#include <vector>

#include "study/experiment.h"
#include "study/table.h"

namespace weir {

Table table_of_attacks(const Experiment& experiment, const Paper& paper);       // II
Table table_of_distances(const Experiment& experiment, const Paper& paper);     // III
Table table_of_models(const Experiment& experiment, const Paper& paper);        // VII
Table table_of_architecture(const Experiment& experiment, const Paper& paper);  // X

/// What the mutual information rests on, layer by layer: constant maps and buckets in use, for each
/// population.
Table table_of_occupancy(const Experiment& experiment);

std::vector<Table> all_tables(const Experiment& experiment, const Paper& paper);

/// One attack's p-values after Holm's correction over all attacks and both sides, for each of the two
/// questions.
struct AdjustedP {
  double input = 1;  // against normal inputs
  double output = 1;
  double own_input = 1;  // against the same images before the attack
  double own_output = 1;
};
/// In the order of the runs; runs without comparable paths keep 1.
std::vector<AdjustedP> adjusted_p_values(const Experiment& experiment);

}  // namespace weir
