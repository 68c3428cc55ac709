// Q3: what compression changes. And Q4c, which is the same question about the distilled network.
#include <cmath>

#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr double one_sided_95 = 1.6448536269514722;

/// Accuracy of `network` minus that of the original, with two one-sided 95 % bounds: normal, paired by test
/// image where both were measured on the whole test set, else of two independent rates.
Measured accuracy_difference(const Analysis& analysis, const StudiedNetwork& network) {
  const StudiedNetwork& original = analysis.experiment.original();
  const Rate ours = accuracy_of(analysis, network).rate, theirs = accuracy_of(analysis, original).rate;
  double variance = ours.value * (1 - ours.value) / static_cast<double>(ours.trials) +
                    theirs.value * (1 - theirs.value) / static_cast<double>(theirs.trials);
  const bool paired = !accuracy_of(analysis, network).from_card && !accuracy_of(analysis, original).from_card;
  if (paired) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < network.accuracy.right.size(); ++i)
      differences.push_back(static_cast<double>(network.accuracy.right[i] - original.accuracy.right.at(i)));
    variance = std::pow(standard_error(differences), 2);
  }
  const double value = ours.value - theirs.value, half = one_sided_95 * std::sqrt(variance);
  return {.value = value, .interval = Interval{value - half, value + half}, .n = ours.trials};
}

/// At least as accurate as the original less `allowance`.
Tested as_accurate(const Analysis& analysis, const char* role, double allowance) {
  const StudiedNetwork& network = analysis.experiment.network(role);
  if (!network.there()) return {.ours = network.missing};
  const Measured difference = accuracy_difference(analysis, network);
  const StatedAccuracy ours = accuracy_of(analysis, network),
                       original = accuracy_of(analysis, analysis.experiment.original());
  const Status status = difference.interval->low + allowance >= 0   ? Status::holds
                        : difference.interval->high + allowance < 0 ? Status::fails
                                                                    : Status::undecided;
  return {status,
          fmt::format("{:.2f} % against {:.2f} % of {} test images{}: {:+.2f} points", 100 * ours.rate.value,
                      100 * original.rate.value, ours.rate.trials,
                      ours.from_card ? ", from the cards of the weights" : "", 100 * difference.value),
          {{.what = allowance > 0 ? fmt::format("difference, as a share; at least −{} is asked", allowance)
                                  : std::string("difference, as a share"),
            .measured = difference,
            .status = status}}};
}

}  // namespace

Tested compressed_gap_larger(const Analysis& analysis) {
  std::vector<FindingRow> rows;
  std::string missing;
  for (const GapContrast& one : analysis.gap_contrasts) {
    rows.push_back({.what = one.title, .measured = one.difference, .status = positive(one.difference)});
    if (!one.missing.empty()) missing += fmt::format("; {}: {}", one.title, one.missing);
  }
  return {missing.empty() ? decided(rows) : Status::not_measured,
          "Average gap on compressed minus on original, in nats" + missing, std::move(rows)};
}

/// The difference of two rates on the same draws of images.
Tested compressed_transfers_better(const Analysis& analysis) {
  std::vector<FindingRow> rows;
  for (const std::string& attack : analysis.experiment.preset.across) {
    const TransferRate *back = analysis.transfer("compressed", attack, "original"),
                       *there = analysis.transfer("original", attack, "compressed");
    if (back == nullptr || there == nullptr || back->all.trials == 0 || there->all.trials == 0) continue;
    const Measured difference = transfer_difference(analysis, *back, *there);
    rows.push_back({.what = fmt::format("{}, {:.3f} − {:.3f}", back->run->reading.title, back->all.value,
                                        there->all.value),
                    .measured = difference,
                    .status = positive(difference)});
  }
  if (rows.size() < analysis.experiment.preset.across.size() || rows.empty())
    return {.ours = "not both directions were measured"};
  return {decided(rows), "Share that transfers from compressed to original, minus the share that goes back",
          std::move(rows)};
}

Tested compressed_as_accurate(const Analysis& analysis) { return as_accurate(analysis, "compressed", 0); }

Tested distilled_as_accurate(const Analysis& analysis) {
  constexpr double half_a_point = 0.005;
  return as_accurate(analysis, "distilled", half_a_point);
}

}  // namespace weir
