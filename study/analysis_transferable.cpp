// Q5b: on a network, inputs made for another one that fool it, too, and those that do not.
#include <algorithm>

#include "infoflow/compare.h"
#include "study/analysis.h"

namespace weir {
namespace {

/// A mean of few paths lies farther from normal than a mean of many, whatever their kind. So the labels are
/// shuffled, and the two groups keep their sizes.
double p_of_labels(const Analysis& analysis, const TransferablePaths& one, std::uint32_t stream) {
  std::vector<Index> seeds = one.transferable.seeds;
  seeds.insert(seeds.end(), one.stuck.seeds.begin(), one.stuck.seeds.end());
  std::vector<Index> in_order = seeds;
  std::ranges::sort(in_order);
  const SeedGroup all = seed_group(*one.run, one.measuring->key(), in_order);
  const std::vector<double>& normal = one.measuring->normal.curve(Side::output).value;
  const auto far = [&](std::span<const Index> pooled) {
    std::vector<Index> rows;
    for (const Index place : pooled)
      rows.push_back(std::ranges::lower_bound(in_order, seeds[static_cast<std::size_t>(place)]) -
                     in_order.begin());
    return distance(normal, resampled_path(all.population, Side::output, rows));
  };
  return permutation_p_value(
      {one.transferable.count(), one.stuck.count()},
      [&](std::span<const Index> first, std::span<const Index> second) { return far(first) - far(second); },
      analysis.resampling(stream));
}

/// Only images that the measuring network gets right before the attack: else nothing was transferred.
TransferablePaths divided(const Analysis& analysis, const AttackRun& run, const StudiedNetwork& measuring,
                          std::uint32_t stream) {
  const Experiment& experiment = analysis.experiment;
  const Answers& answers = run.on.find(measuring.key())->second.answers;
  std::vector<Index> fooled, not_fooled;
  for (const Index row : run.successes) {
    const auto at = static_cast<std::size_t>(row);
    const std::int64_t truth = experiment.attacked.set.labels[at];
    if (measuring.clean_answers.classes[at] != truth) continue;
    (answers.classes[at] != truth ? fooled : not_fooled).push_back(row);
  }
  TransferablePaths one{.run = &run,
                        .measuring = &measuring,
                        .transferable = seed_group(run, measuring.key(), fooled),
                        .stuck = seed_group(run, measuring.key(), not_fooled)};
  if (one.transferable.comparable())
    one.transferable_distance =
        distance_from_normal(analysis, measuring, one.transferable, Side::output, stream);
  if (one.stuck.comparable())
    one.stuck_distance = distance_from_normal(analysis, measuring, one.stuck, Side::output, stream);
  if (one.comparable()) one.p_value = p_of_labels(analysis, one, stream);
  return one;
}

/// Mean over the pairs that can be compared. Normal images stay as they are: each network has its own.
Measured mean_contrast(const Analysis& analysis) {
  std::vector<const TransferablePaths*> pairs;
  std::vector<const SeedGroup*> groups;
  for (const TransferablePaths& one : analysis.transferable)
    if (one.comparable() && one.run->planned.attack == "jsma") {
      pairs.push_back(&one);
      groups.insert(groups.end(), {&one.transferable, &one.stuck});
    }
  if (pairs.empty()) return {};
  return with_interval(
      groups,
      {.images = analysis.experiment.attacked.count(),
       .options = analysis.resampling(stream_of_transferable)},
      [&](const GroupRows& rows) {
        double sum = 0;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
          const std::vector<double>& normal = pairs[i]->measuring->normal.curve(Side::output).value;
          const auto far = [&](const SeedGroup& group, const std::vector<Index>& some) {
            return distance(normal, resampled_path(group.population, Side::output, some));
          };
          sum += far(pairs[i]->transferable, rows[2 * i]) - far(pairs[i]->stuck, rows[2 * i + 1]);
        }
        return sum / static_cast<double>(pairs.size());
      },
      two_bounds);
}

}  // namespace

void analyse_transferable(Analysis& analysis) {
  std::uint32_t stream = stream_of_transferable;
  for (const std::string& attack : analysis.experiment.preset.across)
    for (const std::string& target : networks_of_transfer())
      for (const std::string& measuring : networks_of_transfer()) {
        ++stream;
        const AttackRun& run = analysis.experiment.run(target, attack);
        const StudiedNetwork& network = analysis.experiment.network(measuring);
        if (measuring == target || run.on.find(measuring) == run.on.end()) continue;
        analysis.transferable.push_back(divided(analysis, run, network, stream));
      }
  analysis.transferable_minus_stuck = mean_contrast(analysis);
}

}  // namespace weir
