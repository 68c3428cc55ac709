/// The paper's tables, filled from an analysis. What was not measured stands in its place with the reason.
#pragma once

#include <vector>

#include "study/analysis.h"
#include "study/table.h"

namespace weir {

Table table_of_attacks(const Analysis& analysis);                       // II
Table table_of_distances(const Analysis& analysis);                     // III
Table table_of_compression(const Analysis& analysis);                   // IV
Table table_of_gaps(const Analysis& analysis);                          // V
Table table_of_transfer(const Analysis& analysis);                      // VI
Table table_of_models(const Analysis& analysis);                        // VII
Table table_of_attacks_by_network(const Analysis& analysis);            // VIII
Table table_of_grid(const Analysis& analysis, const TargetGrid& grid);  // IX, and for other attacks
Table table_of_architecture(const Analysis& analysis);                  // X

/// Q1 and Q4, which the paper tells in its text.
Table table_of_trajectories(const Analysis& analysis);
Table table_of_defence(const Analysis& analysis);

/// All runs shown to all networks, a line each.
Table table_of_all_transfers(const Analysis& analysis);
/// The same of one attack as a matrix: made for by shown to.
Table transfer_matrix(const Analysis& analysis, const std::string& attack);
/// Q5b: inputs that transfer against inputs that do not.
Table table_of_transferable(const Analysis& analysis);
/// Effect sizes of Table III's attacks.
Table table_of_effects(const Analysis& analysis);
/// What the mutual information rests on, layer by layer: constant maps and buckets in use, for each
/// population on the original network.
Table table_of_constant_maps(const Analysis& analysis);
Table table_of_buckets(const Analysis& analysis);

std::vector<Table> all_tables(const Analysis& analysis);

/// One attack's p-values after Holm's correction over all attacks and both sides, for each of the two
/// questions.
struct AdjustedP {
  double input = 1;  // against normal inputs
  double output = 1;
  double own_input = 1;  // against the same images before the attack
  double own_output = 1;
};
/// In the order of analysis.distances; attacks without comparable paths keep 1.
std::vector<AdjustedP> adjusted_p_values(const Analysis& analysis);

// What the tables' files share.

/// The paper's number; none for a network that is not the one that the paper measured.
const Printed* printed_for(const Analysis& analysis, const StudiedNetwork& network, std::string_view table,
                           std::string_view row, std::string_view column);
/// A rate with its Wilson interval.
Measured measured(const Rate& rate);
/// The same beside the paper's.
Comparison rate_cell(const Rate& ours, const Printed* printed = nullptr);
/// Nothing where nothing was measured.
Comparison measured_cell(const Measured& ours, const Printed* printed = nullptr);
/// The mean of one number over a run's successes, with its bootstrap interval.
Comparison mean_of_successes(const Analysis& analysis, const AttackRun& run, const Printed* printed,
                             const std::function<double(const AttackRecord&)>& column);
/// Accuracy on the whole test set: measured, or from the card of the weights where only some test images are
/// at hand.
struct StatedAccuracy {
  Rate rate;
  bool from_card = false;
};
StatedAccuracy accuracy_of(const Analysis& analysis, const StudiedNetwork& network);
/// A column of distances, of four decimals.
Column distance_column(std::string key, std::string heading);
/// What the interval of a distance is; under every table that has some, before what to read there.
inline constexpr std::string_view note_of_distances =
    "Interval of a distance: where 95 % of the distances fall that images drawn anew from ours give. "
    "Noise adds to a mean of absolute differences; the value holds it once, a draw twice. "
    "So where paths hardly differ the interval lies above the value, sometimes wholly. "
    "Bias: mean of the draws minus the value. ";
/// "0.0123", or a dash.
std::string four_digits(double value, bool there = true);

}  // namespace weir
