#include "study/seed_resampling.h"

#include <algorithm>
#include <numeric>

#include "tensor/check.h"

namespace weir {
namespace {

std::vector<Index> counting(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

/// Rows of a group that the drawn images bring along; an image drawn twice brings its row twice.
std::vector<Index> rows_brought(const SeedGroup& group, std::span<const Index> drawn) {
  std::vector<Index> rows;
  for (const Index seed : drawn) {
    const auto place = std::ranges::lower_bound(group.seeds, seed);
    if (place != group.seeds.end() && *place == seed) rows.push_back(place - group.seeds.begin());
  }
  return rows;
}

GroupRows all_rows(std::span<const SeedGroup* const> groups, Index normal) {
  GroupRows rows;
  for (const SeedGroup* group : groups) rows.push_back(counting(group->count()));
  rows.push_back(counting(normal));
  return rows;
}

}  // namespace

std::vector<double> bootstrap_seeds(std::span<const SeedGroup* const> groups, const SeedDraws& draws,
                                    const GroupStatistic& statistic) {
  constexpr double left_out = -1e300;  // bootstrap_values() wants a number for every draw
  const auto of_draw = [&](std::span<const Index> images, std::span<const Index> normal) {
    GroupRows rows;
    for (const SeedGroup* group : groups) rows.push_back(rows_brought(*group, images));
    if (std::ranges::any_of(rows, &std::vector<Index>::empty)) return left_out;
    rows.emplace_back(normal.begin(), normal.end());
    return statistic(rows);
  };
  std::vector<double> values = bootstrap_values({draws.images, draws.normal}, of_draw, draws.options);
  std::erase(values, left_out);
  return values;
}

Measured with_interval(std::span<const SeedGroup* const> groups, const SeedDraws& draws,
                       const GroupStatistic& statistic, double confidence) {
  const std::vector<double> values = bootstrap_seeds(groups, draws, statistic);
  Measured measured{.value = statistic(all_rows(groups, draws.normal))};
  if (!values.empty()) {
    measured.interval = percentile_interval(values, confidence);
    measured.bias = bootstrap_bias(values, measured.value);
  }
  for (const SeedGroup* group : groups)
    measured.n = measured.n == 0 ? group->count() : std::min(measured.n, group->count());
  return measured;
}

}  // namespace weir
