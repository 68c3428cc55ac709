// Q1: what happens to an image's path while it is attacked.
#include <algorithm>

#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr Index images_wanted = 50;
constexpr double strong_correlation = 0.8;

/// A median of at least 0.8, surely above 0, over as many images as the statement asks for.
Status strongly_positive(const Measured& median) {
  if (median.n == 0 || !median.interval) return Status::not_measured;
  if (median.interval->high < strong_correlation) return Status::fails;
  const bool holds = median.value >= strong_correlation && median.interval->low > 0;
  return holds && median.n >= images_wanted ? Status::holds : Status::undecided;
}

Status negative(const Measured& median) {
  if (median.n == 0 || !median.interval) return Status::not_measured;
  if (median.interval->low > 0) return Status::fails;
  return median.interval->high < 0 ? Status::holds : Status::undecided;
}

}  // namespace

Tested paths_move_away(const Analysis& analysis) {
  const TrajectoryStatistics& statistics = analysis.trajectories;
  if (!statistics.there()) return {.ours = statistics.missing};
  const Measured &input = statistics.input.median_from_start, &output = statistics.output.median_from_start;
  return {
      combined({strongly_positive(input), strongly_positive(output)}),
      fmt::format("median rho over {} images: OIP {}, IIP {}", output.n, in_words(output), in_words(input))};
}

Tested paths_approach_the_last(const Analysis& analysis) {
  const TrajectoryStatistics& statistics = analysis.trajectories;
  if (!statistics.there()) return {.ours = statistics.missing};
  const Measured &input = statistics.input.median_to_end, &output = statistics.output.median_to_end;
  return {
      combined({negative(input), negative(output)}),
      fmt::format("median rho over {} images: OIP {}, IIP {}", output.n, in_words(output), in_words(input))};
}

/// For every attack the paths differ from those of the same images before the attack. Against normal inputs,
/// the paper's own comparison, the p-values are shown and do not decide: there the images differ, too.
Tested paths_differ(const Analysis& analysis) {
  const std::vector<AdjustedP> adjusted = adjusted_p_values(analysis);
  std::vector<Status> each;
  std::vector<std::string> words;
  for (std::size_t place = 0; place < analysis.distances.size(); ++place) {
    if (!analysis.distances[place].comparable()) continue;
    const AdjustedP& p = adjusted[place];
    each.push_back(std::min(p.own_input, p.own_output) < 0.05 ? Status::holds : Status::undecided);
    words.push_back(fmt::format(
        "{}: p {:.4f} (IIP), {:.4f} (OIP) against their own clean versions; {:.4f}, {:.4f} against normal",
        analysis.distances[place].run->reading.title, p.own_input, p.own_output, p.input, p.output));
  }
  return {combined(each), fmt::format("{}", fmt::join(words, "; "))};
}

}  // namespace weir
