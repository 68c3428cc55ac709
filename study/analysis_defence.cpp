// Q4: what defensive distillation does to JSMA, and what a temperature in the attack does to distillation.
#include "infoflow/compare.h"
#include "study/analysis.h"
#include "tensor/check.h"

namespace weir {
namespace {

Defence::One measured(const Analysis& analysis, const char* attack, std::uint32_t stream) {
  const StudiedNetwork& network = analysis.experiment.network("distilled");
  const AttackRun& run = analysis.experiment.run("distilled", attack);
  Defence::One one{.run = &run,
                   .attacked = seed_group(run, "distilled", run.traced),
                   .successes = seed_group(run, "distilled", run.successes)};
  if (one.attacked.comparable()) {
    one.input = distance_from_normal(analysis, network, one.attacked, Side::input, stream);
    one.output = distance_from_normal(analysis, network, one.attacked, Side::output, stream);
  }
  if (one.successes.comparable())
    one.output_of_successes = distance_from_normal(analysis, network, one.successes, Side::output, stream);
  return one;
}

Measured contrast(const Analysis& analysis, const Defence& defence) {
  const StudiedNetwork& network = analysis.experiment.network("distilled");
  const SeedGroup* const groups[] = {&defence.adaptive.attacked, &defence.regular.attacked};
  return with_interval(
      groups,
      {.images = analysis.experiment.attacked.count(),
       .normal = network.normal.count(),
       .options = analysis.resampling(stream_of_defence + 2)},
      [&](const GroupRows& rows) {
        const std::vector<double> normal = resampled_path(network.normal, Side::output, rows[2]);
        return distance(normal, resampled_path(groups[0]->population, Side::output, rows[0])) -
               distance(normal, resampled_path(groups[1]->population, Side::output, rows[1]));
      },
      two_bounds);
}

}  // namespace

void analyse_defence(Analysis& analysis) {
  Defence& defence = analysis.defence;
  if (analysis.experiment.preset.across.empty()) {
    defence.missing = "this preset attacks no other network";
    return;
  }
  for (const char* attack : {"defended-jsma", "adaptive-jsma"})
    if (const AttackRun& run = analysis.experiment.run("distilled", attack); !run.there())
      defence.missing = run.missing;
  if (!defence.there()) return;
  defence.regular = measured(analysis, "defended-jsma", stream_of_defence);
  defence.adaptive = measured(analysis, "adaptive-jsma", stream_of_defence + 1);
  if (!defence.regular.attacked.comparable() || !defence.adaptive.attacked.comparable())
    defence.missing = "too few images are classified correctly";
  else
    defence.adaptive_minus_regular = contrast(analysis, defence);
}

}  // namespace weir
