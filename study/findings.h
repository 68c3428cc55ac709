/// The paper's statements, tested: what holds, what does not, what was not measured and why.
#pragma once

#include <string>
#include <vector>

#include "study/analysis.h"
#include "study/page.h"

namespace weir {

/// One finding for each direction in paper.json, in its order.
std::vector<Finding> findings_of(const Analysis& analysis);

/// findings.json: the findings and the numbers that decided them (findings_json.cpp).
std::string findings_json(const Analysis& analysis, const std::vector<Finding>& findings);

/// A statement's answer.
struct Tested {
  Status status = Status::not_measured;
  std::string ours = {};  // a line: what the rows' values are, or why there are none
  std::vector<FindingRow> rows = {};
};

/// holds only when it holds for every case, fails when it fails for one.
Status combined(const std::vector<Status>& each);
/// The same of the rows that decide.
Status decided(const std::vector<FindingRow>& rows);
/// A contrast that should be positive, by its two one-sided 95 % bounds.
Status positive(const Measured& contrast);

/// Where distances are asked for and there are none.
constexpr const char* no_attack = "no attack has enough successes";

// One statement each (findings_q1.cpp … findings_q5.cpp).
Tested paths_move_away(const Analysis& analysis);               // Q1a
Tested paths_approach_the_last(const Analysis& analysis);       // Q1b
Tested paths_differ(const Analysis& analysis);                  // Q1c
Tested output_moves_more(const Analysis& analysis);             // Q2a
Tested order_of_attacks(const Analysis& analysis);              // Q2b
Tested input_paths_similar(const Analysis& analysis);           // Q2c
Tested compressed_gap_larger(const Analysis& analysis);         // Q3a
Tested compressed_transfers_better(const Analysis& analysis);   // Q3b
Tested compressed_as_accurate(const Analysis& analysis);        // Q3c
Tested adaptive_breaks_distillation(const Analysis& analysis);  // Q4a
Tested adaptive_moves_paths(const Analysis& analysis);          // Q4b
Tested distilled_as_accurate(const Analysis& analysis);         // Q4c
Tested own_inputs_farthest(const Analysis& analysis);           // Q5a
Tested transferable_farther(const Analysis& analysis);          // Q5b
Tested deep_conv_hardly_transfers(const Analysis& analysis);    // Q5c
Tested ensemble_transfers_better(const Analysis& analysis);     // Q5d

}  // namespace weir
