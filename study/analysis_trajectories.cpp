// Q1: images on their way through JSMA. A distance along a path is that of two single paths: (1/K) sum |a-b|.
#include "infoflow/compare.h"
#include "study/analysis.h"

namespace weir {
namespace {

constexpr std::uint32_t moved_stream = 20, scattered_stream = 40;  // behind the correlations' own

double median(const std::vector<double>& values, std::span<const Index> rows) {
  std::vector<double> chosen;
  for (const Index row : rows) chosen.push_back(values[static_cast<std::size_t>(row)]);
  return quantile(std::move(chosen), 0.5);
}

Measured median_with_bounds(const Analysis& analysis, const std::vector<double>& values,
                            std::uint32_t stream) {
  const auto statistic = [&](std::span<const Index> rows, std::span<const Index>) {
    return median(values, rows);
  };
  const auto replicates =
      bootstrap_values({.first = std::ssize(values)}, statistic, analysis.resampling(stream));
  return {.value = quantile(values, 0.5),
          .interval = percentile_interval(replicates, two_bounds),
          .n = std::ssize(values)};
}

const std::vector<double>& side_of(const Path& path, Side side) {
  return side == Side::input ? path.iip : path.oip;
}

TrajectoryStatistics::Correlations correlations(const Analysis& analysis,
                                                const std::vector<std::vector<Path>>& ways, Side side,
                                                std::uint32_t stream) {
  TrajectoryStatistics::Correlations result;
  for (const std::vector<Path>& way : ways) {
    if (way.size() < 3) continue;  // a rank correlation of two points is always 1
    const std::vector<double>&start = side_of(way.front(), side), &end = side_of(way.back(), side);
    std::vector<double> iteration, from_start, to_end;
    for (const Path& path : way) {
      iteration.push_back(static_cast<double>(iteration.size()));
      from_start.push_back(distance(side_of(path, side), start));
      to_end.push_back(distance(side_of(path, side), end));
    }
    result.from_start.push_back(spearman(iteration, from_start));
    result.to_end.push_back(spearman(iteration, to_end));
    result.moved.push_back(from_start.back());
  }
  if (result.from_start.empty()) return result;
  result.median_from_start = median_with_bounds(analysis, result.from_start, stream);
  result.median_to_end = median_with_bounds(analysis, result.to_end, stream + 1);
  result.median_moved = median_with_bounds(analysis, result.moved, stream + moved_stream);
  return result;
}

}  // namespace

void analyse_trajectories(Analysis& analysis) {
  TrajectoryStatistics& statistics = analysis.trajectories;
  statistics.missing = analysis.experiment.missing_trajectories;
  if (!statistics.there()) return;
  std::vector<std::vector<Path>> ways;
  for (const TrajectoryCell& one : analysis.experiment.trajectories) ways.push_back(one.paths);
  constexpr std::uint32_t stream = stream_of_trajectories, apart = stream + scattered_stream;
  statistics.input = correlations(analysis, ways, Side::input, stream);
  statistics.output = correlations(analysis, ways, Side::output, stream + 2);
  const std::vector<std::vector<Path>>& scattered = analysis.experiment.scattered;
  statistics.scattered_input = correlations(analysis, scattered, Side::input, apart);
  statistics.scattered_output = correlations(analysis, scattered, Side::output, apart + 2);
  if (statistics.output.from_start.empty()) statistics.missing = "JSMA fooled the network on no image";
}

}  // namespace weir
