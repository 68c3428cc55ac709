// Q2: how attacks differ in what they do to paths.
#include "study/findings.h"
#include "tensor/check.h"

namespace weir {

namespace {

Measured measured(const AttackDistance& one, Side side) {
  const PathDistance& d = one.distance(side);
  return {.value = d.value, .interval = d.interval, .n = one.adversarial.count(), .bias = d.bias};
}

}  // namespace

Tested output_moves_more(const Analysis& analysis) {
  std::vector<FindingRow> rows;
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable())
      rows.push_back({.what = fmt::format("{}, {:.4f} − {:.4f}", one.run->reading.title, one.output.value,
                                          one.input.value),
                      .measured = one.output_minus_input,
                      .status = positive(one.output_minus_input)});
  if (rows.empty()) return {.ours = no_attack};
  return {decided(rows), "OIP distance minus IIP distance, both from normal, in nats", std::move(rows)};
}

Tested order_of_attacks(const Analysis& analysis) {
  constexpr double sure = 0.95;
  if (!analysis.order) return {.ours = "not all four attacks have enough successes"};
  const auto [papers, fgsm_smallest] = *analysis.order;
  std::vector<FindingRow> rows;
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable())
      rows.push_back({.what = one.run->reading.title, .measured = measured(one, Side::output)});
  const Index images = analysis.experiment.attacked.count();
  rows.push_back({.what = "draws in the paper's order",
                  .measured = {.value = papers, .n = images},
                  .status = papers >= sure       ? Status::holds
                            : papers <= 1 - sure ? Status::fails
                                                 : Status::undecided});
  rows.push_back({.what = "draws with FGSM smallest", .measured = {.value = fgsm_smallest, .n = images}});
  return {
      decided(rows),
      fmt::format("OIP distance from normal, in nats. Of images drawn anew, {:.1f} % give the paper's order, "
                  "{:.1f} % have FGSM smallest",
                  100 * papers, 100 * fgsm_smallest),
      std::move(rows)};
}

/// Input paths are equivalent to normal, with the margin that normal images set among themselves.
Tested input_paths_similar(const Analysis& analysis) {
  const double margin = analysis.noise_on(analysis.experiment.original()).input.margin;
  std::vector<FindingRow> rows;
  for (const AttackDistance& one : analysis.distances) {
    if (!one.comparable()) continue;
    const Interval& interval = one.input.interval;
    rows.push_back({.what = one.run->reading.title,
                    .measured = measured(one, Side::input),
                    .status = interval.high <= margin ? Status::holds
                              : interval.low > margin ? Status::fails
                                                      : Status::undecided});
  }
  if (rows.empty()) return {.ours = no_attack};
  return {
      decided(rows),
      fmt::format("IIP distance from normal, in nats; the margin is {:.4f}. The intervals hold noise, which "
                  "makes this harder to meet (note of Table III)",
                  margin),
      std::move(rows)};
}

}  // namespace weir
