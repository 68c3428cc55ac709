#include "study/analysis.h"

#include <algorithm>

#include "infoflow/compare.h"
#include "tensor/check.h"

namespace weir {
namespace {

NetworkNoise noise_of(const Analysis& analysis, const StudiedNetwork& network) {
  if (network.normal.count() < 2) return {};
  const CompareOptions options{.seed = analysis.experiment.seed,
                               .replicates = analysis.experiment.preset.replicates,
                               .stream = stream_of_noise};
  return {.input = noise_floor(network.normal, Side::input, options),
          .output = noise_floor(network.normal, Side::output, options)};
}

}  // namespace

const NetworkNoise& Analysis::noise_on(const StudiedNetwork& network) const {
  const auto found = noise.find(network.key());
  ensures(found != noise.end(), "a network without a noise floor");
  return found->second;
}

const TransferRate* Analysis::transfer(std::string_view target, std::string_view attack,
                                       std::string_view shown_to) const {
  for (const TransferRate& one : transfers)
    if (one.run->planned.target == target && one.run->planned.attack == attack &&
        one.shown_to->key() == shown_to)
      return &one;
  return nullptr;
}

ResampleOptions Analysis::resampling(std::uint32_t stream) const {
  return {.seed = experiment.seed, .stream = stream, .replicates = experiment.preset.replicates};
}

SeedGroup seed_group(const AttackRun& run, std::string_view network, std::vector<Index> rows) {
  SeedGroup group{.population = {}, .seeds = std::move(rows)};
  std::vector<Path> paths = run.paths(network, group.seeds);
  if (paths.empty())
    group.seeds.clear();
  else
    group.population = population_of(run.reading.title, run.reading.colour, std::move(paths));
  return group;
}

Measured distance_from_normal(const Analysis& analysis, const StudiedNetwork& network, const SeedGroup& group,
                              Side side, std::uint32_t stream) {
  const SeedGroup* const groups[] = {&group};
  return with_interval(groups,
                       {.images = analysis.experiment.attacked.count(),
                        .normal = network.normal.count(),
                        .options = analysis.resampling(stream)},
                       [&](const GroupRows& rows) {
                         return distance(resampled_path(group.population, side, rows[0]),
                                         resampled_path(network.normal, side, rows[1]));
                       });
}

Analysis analyse(const Experiment& experiment, const Paper& paper) {
  Analysis analysis{.experiment = experiment, .paper = paper};
  for (const StudiedNetwork& network : experiment.networks)
    if (network.there()) analysis.noise[std::string(network.key())] = noise_of(analysis, network);
  analyse_distances(analysis);
  analyse_gaps(analysis);
  analyse_transfer(analysis);
  analyse_grids(analysis);
  analyse_transferable(analysis);
  analyse_defence(analysis);
  analyse_trajectories(analysis);
  return analysis;
}

}  // namespace weir
