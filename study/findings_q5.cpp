// Q5: inputs that transfer between networks.
#include <algorithm>

#include "infoflow/compare.h"
#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

const TargetGrid* grid_of(const Analysis& analysis, std::string_view attack) {
  const auto found = std::ranges::find(analysis.grids, attack, &TargetGrid::attack);
  return found == analysis.grids.end() ? nullptr : &*found;
}

/// JSMA's decide.
void add_leads(std::vector<FindingRow>& rows, const TargetGrid& grid) {
  for (std::size_t network = 0; network < grid.own_lead.size(); ++network) {
    const Measured& lead = grid.own_lead[network];
    rows.push_back({.what = fmt::format("{}, {} images, on {}", grid.title, grid.common.size(),
                                        networks_of_transfer()[network]),
                    .measured = lead});
    if (grid.attack == "jsma") rows.back().status = positive(lead);
  }
}

/// Told beside the verdict, whose rule is older: JSMA's pairs of networks, each with its p.
std::vector<FindingRow> transferable_pairs(const Analysis& analysis) {
  std::vector<FindingRow> rows;
  std::vector<double> p_values;
  for (const TransferablePaths& one : analysis.transferable) {
    if (!one.comparable() || one.run->planned.attack != "jsma") continue;
    const Index few = one.transferable.count(), others = one.stuck.count();
    rows.push_back({.what = fmt::format("made for {}, on {}: {} and {} images",
                                        analysis.experiment.network(one.run->planned.target).title(),
                                        one.measuring->title(), few, others),
                    .measured = {.value = one.transferable_distance.value - one.stuck_distance.value,
                                 .n = few + others}});
    p_values.push_back(one.p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].p_value = adjusted[i];
  return rows;
}

Measured farther_than_alone(const Analysis& analysis, const AttackRun& together, const AttackRun& alone) {
  const SeedGroup first = seed_group(together, "original", together.successes),
                  second = seed_group(alone, "original", alone.successes);
  if (!first.comparable() || !second.comparable()) return {};
  const SeedGroup* const groups[] = {&first, &second};
  const Population& normal = analysis.experiment.original().normal;
  return with_interval(
      groups,
      {.images = analysis.experiment.attacked.count(),
       .normal = normal.count(),
       .options = analysis.resampling(stream_of_ensemble)},
      [&](const GroupRows& rows) {
        const std::vector<double> middle = resampled_path(normal, Side::output, rows[2]);
        return distance(middle, resampled_path(first.population, Side::output, rows[0])) -
               distance(middle, resampled_path(second.population, Side::output, rows[1]));
      },
      two_bounds);
}

}  // namespace

/// Table IX is JSMA's, and decides; the other attacks are told.
Tested own_inputs_farthest(const Analysis& analysis) {
  const TargetGrid* jsma = grid_of(analysis, "jsma");
  if (jsma == nullptr) return {.ours = "this preset has no JSMA across networks"};
  if (!jsma->comparable()) return {.ours = jsma->missing};
  std::vector<FindingRow> rows;
  for (const TargetGrid& grid : analysis.grids)
    if (grid.comparable()) add_leads(rows, grid);
  return {decided(rows), "OIP distance of the network's own inputs minus the largest other, in nats",
          std::move(rows)};
}

Tested transferable_farther(const Analysis& analysis) {
  const Measured& contrast = analysis.transferable_minus_stuck;
  if (contrast.n == 0) return {.ours = "no pair of networks has four inputs of JSMA of each kind"};
  std::vector<FindingRow> rows = {{.what = "difference", .measured = contrast, .status = positive(contrast)}};
  const std::vector<FindingRow> pairs = transferable_pairs(analysis);
  rows.insert(rows.end(), pairs.begin(), pairs.end());
  return {
      positive(contrast),
      fmt::format("OIP distance of inputs that transfer minus that of the others, in nats: JSMA, mean over "
                  "{} pairs of networks. Below, each pair, with p for shuffled labels after Holm: the few "
                  "that transfer lie farther away by chance alone, which the bounds do not know",
                  pairs.size()),
      std::move(rows)};
}

Tested deep_conv_hardly_transfers(const Analysis& analysis) {
  constexpr double hardly = 0.10;
  std::vector<FindingRow> rows;
  for (const char* shown_to : {"original", "vgg-like"}) {
    const TransferRate* rate = analysis.transfer("deep-conv", "jsma", shown_to);
    if (rate == nullptr || rate->conditional.trials == 0) continue;
    const Rate& r = rate->conditional;
    rows.push_back({.what = fmt::format("to {}, {} of {}", shown_to, r.hits, r.trials),
                    .measured = measured(r),
                    .status = r.high <= hardly ? Status::holds
                              : r.low > hardly ? Status::fails
                                               : Status::undecided});
    rows.push_back(
        {.what = fmt::format("to {}, noise instead", shown_to), .measured = measured(rate->noise)});
  }
  const auto networks =
      std::ranges::count_if(rows, [](const FindingRow& row) { return row.status.has_value(); });
  if (networks < 2) return {.ours = "JSMA for deep-conv was not shown to both other networks"};
  return {decided(rows), "Share that fools the other network, of images that it gets right before",
          std::move(rows)};
}

/// Against the same attack on the original alone: shown to a network that is none of the three, and by the
/// distance of its paths on the original.
Tested ensemble_transfers_better(const Analysis& analysis) {
  if (analysis.experiment.preset.across.empty()) return {.ours = "this preset has no ensemble"};
  const AttackRun& together = analysis.experiment.run(ensemble_target, "ensemble");
  if (!together.there()) return {.ours = together.missing};
  const AttackRun& alone = analysis.experiment.run("original", "alone");
  const char* outside = analysis.experiment.network("other-seed").there() ? "other-seed" : "compressed";
  const TransferRate *of_all = analysis.transfer(ensemble_target, "ensemble", outside),
                     *of_one = analysis.transfer("original", "alone", outside);
  if (of_all == nullptr || of_one == nullptr) return {.ours = "there is no network outside the ensemble"};
  if (of_all->all.trials == 0 || of_one->all.trials == 0) return {.ours = "too few successes"};
  const Measured rates = transfer_difference(analysis, *of_all, *of_one),
                 paths = farther_than_alone(analysis, together, alone);
  return {combined({positive(rates), positive(paths)}),
          "Made on three networks minus made on the original alone",
          {{.what = fmt::format("share that fools {}, {:.3f} − {:.3f}", outside, of_all->all.value,
                                of_one->all.value),
            .measured = rates,
            .status = positive(rates)},
           {.what = "OIP distance on the original", .measured = paths, .status = positive(paths)}}};
}

}  // namespace weir
