#include "study/findings.h"

#include <algorithm>
#include <map>

#include "tensor/check.h"

namespace weir {
namespace {

using Test = Tested (*)(const Analysis&);

const std::map<std::string, Test, std::less<>>& tests() {
  static const std::map<std::string, Test, std::less<>> table = {
      {"Q1a", paths_move_away},
      {"Q1b", paths_approach_the_last},
      {"Q1c", paths_differ},
      {"Q2a", output_moves_more},
      {"Q2b", order_of_attacks},
      {"Q2c", input_paths_similar},
      {"Q3a", compressed_gap_larger},
      {"Q3b", compressed_transfers_better},
      {"Q3c", compressed_as_accurate},
      {"Q4a", adaptive_breaks_distillation},
      {"Q4b", adaptive_moves_paths},
      {"Q4c", distilled_as_accurate},
      {"Q5a", own_inputs_farthest},
      {"Q5b", transferable_farther},
      {"Q5c", deep_conv_hardly_transfers},
      {"Q5d", ensemble_transfers_better},
  };
  return table;
}

}  // namespace

Status combined(const std::vector<Status>& each) {
  if (each.empty()) return Status::not_measured;
  const auto any = [&](Status status) { return std::find(each.begin(), each.end(), status) != each.end(); };
  if (any(Status::fails)) return Status::fails;
  return any(Status::undecided) ? Status::undecided : Status::holds;
}

Status decided(const std::vector<FindingRow>& rows) {
  std::vector<Status> each;
  for (const FindingRow& row : rows)
    if (row.status) each.push_back(*row.status);
  return combined(each);
}

Status positive(const Measured& contrast) {
  if (contrast.n == 0 || !contrast.interval) return Status::not_measured;
  if (contrast.interval->low > 0) return Status::holds;
  return contrast.interval->high < 0 ? Status::fails : Status::undecided;
}

std::vector<Finding> findings_of(const Analysis& analysis) {
  std::vector<Finding> findings;
  for (const Direction& direction : analysis.paper.directions()) {
    const auto test = tests().find(direction.id);
    ensures(test != tests().end(), "a statement of the paper that nothing tests");
    const Tested answer = test->second(analysis);
    findings.push_back({.id = direction.id,
                        .question = direction.question,
                        .statement = direction.statement,
                        .evidence = direction.evidence,
                        .test = direction.test,
                        .ours = answer.ours,
                        .status = answer.status,
                        .rows = answer.rows});
  }
  return findings;
}

}  // namespace weir
