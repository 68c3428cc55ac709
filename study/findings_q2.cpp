// Q2: how attacks differ in what they do to paths.
#include "study/findings.h"
#include "tensor/check.h"

namespace weir {

Tested output_moves_more(const Analysis& analysis) {
  std::vector<Status> each;
  std::vector<std::string> words;
  for (const AttackDistance& one : analysis.distances) {
    if (!one.comparable()) continue;
    const Measured& contrast = one.output_minus_input;
    each.push_back(positive(contrast));
    words.push_back(
        fmt::format("{}: OIP {:.4f}, IIP {:.4f}, difference {:+.4f} (one-sided 95 % bounds {:+.4f}, {:+.4f})",
                    one.run->reading.title, one.output.value, one.input.value, contrast.value,
                    contrast.interval->low, contrast.interval->high));
  }
  return {combined(each), fmt::format("{}", fmt::join(words, "; "))};
}

Tested order_of_attacks(const Analysis& analysis) {
  constexpr double sure = 0.95;
  if (!analysis.order) return {.ours = "not all four attacks have enough successes"};
  const auto [papers, fgsm_smallest] = *analysis.order;
  std::vector<std::string> words;
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable()) words.push_back(fmt::format("{} {:.4f}", one.run->reading.title, one.output.value));
  return {papers >= sure       ? Status::holds
          : papers <= 1 - sure ? Status::fails
                               : Status::undecided,
          fmt::format("OIP: {}. Of images drawn anew, {:.1f} % give the paper's order, {:.1f} % have FGSM "
                      "smallest",
                      fmt::join(words, ", "), 100 * papers, 100 * fgsm_smallest)};
}

/// Input paths are equivalent to normal, with the margin that normal images set among themselves.
Tested input_paths_similar(const Analysis& analysis) {
  const double margin = analysis.noise_on(analysis.experiment.original()).input.margin;
  std::vector<Status> each;
  std::vector<std::string> words;
  for (const AttackDistance& one : analysis.distances) {
    if (!one.comparable()) continue;
    const Interval& interval = one.input.interval;
    each.push_back(interval.high <= margin ? Status::holds
                   : interval.low > margin ? Status::fails
                                           : Status::undecided);
    words.push_back(fmt::format("{}: {:.4f} ({:.4f} – {:.4f})", one.run->reading.title, one.input.value,
                                interval.low, interval.high));
  }
  return {combined(each), fmt::format("{}; margin {:.4f}", fmt::join(words, "; "), margin)};
}

}  // namespace weir
