// Which inputs fool networks that they were not made for.
#include "study/analysis.h"

namespace weir {
namespace {

TransferRate rate_on(const Experiment& experiment, const AttackRun& run, const StudiedNetwork& network) {
  const RunOnNetwork& on = run.on.find(network.key())->second;
  Index wrong = 0, right_before = 0, wrong_of_those = 0, noise_wrong = 0, aimed = 0, hit = 0;
  for (std::size_t place = 0; place < run.successes.size(); ++place) {
    const auto row = static_cast<std::size_t>(run.successes[place]);
    const std::int64_t truth = experiment.attacked.set.labels[row], answer = on.answers.classes[row];
    wrong += answer != truth ? 1 : 0;
    if (network.clean_answers.classes[row] != truth) continue;
    ++right_before;
    wrong_of_those += answer != truth ? 1 : 0;
    noise_wrong += on.noise_answers.classes[place] != truth ? 1 : 0;
    const std::int32_t target = run.cell.records[row].target;
    aimed += target != no_class ? 1 : 0;
    hit += target != no_class && answer == target ? 1 : 0;
  }
  return {.run = &run,
          .shown_to = &network,
          .all = rate_of(wrong, std::ssize(run.successes)),
          .conditional = rate_of(wrong_of_those, right_before),
          .noise = rate_of(noise_wrong, right_before),
          .to_target = rate_of(hit, aimed)};
}

/// Share of the given successes that another network gets wrong.
double share_wrong(const Analysis& analysis, const TransferRate& rate, std::span<const Index> places) {
  const Answers& answers = rate.run->on.find(rate.shown_to->key())->second.answers;
  Index wrong = 0;
  for (const Index place : places) {
    const auto row = static_cast<std::size_t>(rate.run->successes[static_cast<std::size_t>(place)]);
    wrong += answers.classes[row] != analysis.experiment.attacked.set.labels[row] ? 1 : 0;
  }
  return static_cast<double>(wrong) / static_cast<double>(places.size());
}

}  // namespace

Measured transfer_difference(const Analysis& analysis, const TransferRate& more, const TransferRate& less) {
  const SeedGroup first{.population = {}, .seeds = more.run->successes},
      second{.population = {}, .seeds = less.run->successes};
  const SeedGroup* const groups[] = {&first, &second};
  return with_interval(
      groups,
      {.images = analysis.experiment.attacked.count(), .options = analysis.resampling(stream_of_transfer)},
      [&](const GroupRows& rows) {
        return share_wrong(analysis, more, rows[0]) - share_wrong(analysis, less, rows[1]);
      },
      two_bounds);
}

void analyse_transfer(Analysis& analysis) {
  for (const AttackRun& run : analysis.experiment.runs)
    for (const StudiedNetwork& network : analysis.experiment.networks)
      if (run.on.find(network.key()) != run.on.end())
        analysis.transfers.push_back(rate_on(analysis.experiment, run, network));
}

}  // namespace weir
