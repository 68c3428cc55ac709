// Q5a, Table IX: inputs made for each of three networks, measured on each, of the images that fool all three.
#include <algorithm>

#include "infoflow/compare.h"
#include "study/analysis.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::vector<Index> common_rows(const std::vector<Index>& a, const std::vector<Index>& b) {
  std::vector<Index> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return both;
}

GridDistance measured(const Analysis& analysis, const AttackRun& run, const StudiedNetwork& target,
                      const StudiedNetwork& measuring, const std::vector<Index>& rows, std::uint32_t stream) {
  GridDistance cell{
      .measuring = &measuring, .target = &target, .adversarial = seed_group(run, measuring.key(), rows)};
  if (!cell.adversarial.comparable()) return cell;
  cell.input = distance_from_normal(analysis, measuring, cell.adversarial, Side::input, stream);
  cell.output = distance_from_normal(analysis, measuring, cell.adversarial, Side::output, stream);
  return cell;
}

/// Own distance minus the largest of the others, on the same draws.
Measured own_lead(const Analysis& analysis, const TargetGrid& grid, const StudiedNetwork& measuring,
                  std::uint32_t stream) {
  std::vector<const SeedGroup*> groups = {&grid.cell(measuring.key(), measuring.key()).adversarial};
  for (const GridDistance& cell : grid.cells)
    if (cell.measuring == &measuring && cell.target != &measuring) groups.push_back(&cell.adversarial);
  const auto lead = [&](const GroupRows& rows) {
    const std::vector<double> normal = resampled_path(measuring.normal, Side::output, rows.back());
    std::vector<double> far;
    for (std::size_t i = 0; i < groups.size(); ++i)
      far.push_back(distance(normal, resampled_path(groups[i]->population, Side::output, rows[i])));
    return far[0] - *std::max_element(far.begin() + 1, far.end());
  };
  return with_interval(groups,
                       {.images = analysis.experiment.attacked.count(),
                        .normal = measuring.normal.count(),
                        .options = analysis.resampling(stream)},
                       lead, two_bounds);
}

/// What the same attack on the same architecture from another seed looks like on the original.
void add_null(const Analysis& analysis, TargetGrid& grid, std::uint32_t stream) {
  const AttackRun& run = analysis.experiment.run("other-seed", grid.attack);
  if (!run.there()) return;
  grid.null.push_back(measured(analysis, run, analysis.experiment.network("other-seed"),
                               analysis.experiment.original(), common_rows(grid.common, run.successes),
                               stream));
}

TargetGrid grid_of(const Analysis& analysis, const std::string& attack, std::uint32_t stream) {
  const Experiment& experiment = analysis.experiment;
  TargetGrid grid{.attack = attack, .title = experiment.run("original", attack).reading.title};
  for (const std::string& target : networks_of_transfer()) {
    const AttackRun& run = experiment.run(target, attack);
    if (!run.there()) grid.missing = run.missing;
    grid.common =
        target == networks_of_transfer().front() ? run.successes : common_rows(grid.common, run.successes);
  }
  if (grid.missing.empty() && !grid.comparable())
    grid.missing = fmt::format("too few images fooled all three networks: {}", grid.common.size());
  if (!grid.comparable()) return grid;
  for (const std::string& measuring : networks_of_transfer())
    for (const std::string& target : networks_of_transfer())
      grid.cells.push_back(measured(analysis, experiment.run(target, attack), experiment.network(target),
                                    experiment.network(measuring), grid.common, stream++));
  for (const std::string& measuring : networks_of_transfer())
    grid.own_lead.push_back(own_lead(analysis, grid, experiment.network(measuring), stream++));
  add_null(analysis, grid, stream);
  return grid;
}

}  // namespace

const GridDistance& TargetGrid::cell(std::string_view measuring, std::string_view target) const {
  const auto found = std::ranges::find_if(cells, [&](const GridDistance& one) {
    return one.measuring->key() == measuring && one.target->key() == target;
  });
  ensures(found != cells.end(), "a grid without one of its cells");
  return *found;
}

void analyse_grids(Analysis& analysis) {
  constexpr std::uint32_t streams_of_a_grid = 20;
  std::uint32_t stream = stream_of_grids;
  for (const std::string& attack : analysis.experiment.preset.across) {
    analysis.grids.push_back(grid_of(analysis, attack, stream));
    stream += streams_of_a_grid;
  }
}

}  // namespace weir
