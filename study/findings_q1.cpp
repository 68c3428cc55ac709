// Q1: what happens to an image's path while it is attacked.
#include <algorithm>

#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr Index images_wanted = 50;
constexpr double strong_correlation = 0.8;
constexpr double level = 0.05;

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

/// Which attacks and paths cannot be told from normal inputs, in words.
std::string against_normal(const Analysis& analysis, const std::vector<AdjustedP>& adjusted) {
  std::vector<std::string> names;
  for (std::size_t place = 0; place < analysis.distances.size(); ++place) {
    if (!analysis.distances[place].comparable()) continue;
    const std::string& title = analysis.distances[place].run->reading.title;
    if (adjusted[place].input >= level) names.push_back(title + " (IIP)");
    if (adjusted[place].output >= level) names.push_back(title + " (OIP)");
  }
  if (names.empty()) return fmt::format("Against normal inputs every p is below {}", level);
  return fmt::format("Against normal inputs p is {} or more for {}", level, fmt::join(names, ", "));
}

/// What the same changes do in random places, which no statement asks for and none can do without.
std::string beside_control(const Measured& input, const Measured& output) {
  if (output.n == 0) return {};
  return fmt::format(". The same changes in random places: {:.2f} (OIP) and {:.2f} (IIP), without any aim",
                     output.value, input.value);
}

FindingRow told_apart(const AttackDistance& one, Side side, double p) {
  return {.what = fmt::format("{}, {}", one.run->reading.title, short_name(side)),
          .measured = {.value = one.distance(side).paired, .n = one.adversarial.count()},
          .p_value = p,
          .status = p < level ? Status::holds : Status::undecided};
}

}  // namespace

Tested paths_move_away(const Analysis& analysis) {
  const TrajectoryStatistics& statistics = analysis.trajectories;
  if (!statistics.there()) return {.ours = statistics.missing};
  const Measured &input = statistics.input.median_from_start, &output = statistics.output.median_from_start;
  std::vector<FindingRow> rows = {{.what = "OIP", .measured = output, .status = strongly_positive(output)},
                                  {.what = "IIP", .measured = input, .status = strongly_positive(input)}};
  return {decided(rows),
          fmt::format("Spearman's rho of iteration and distance to the start: its median over {} images, {} "
                      "are wanted",
                      output.n, images_wanted) +
              beside_control(statistics.scattered_input.median_from_start,
                             statistics.scattered_output.median_from_start),
          std::move(rows)};
}

Tested paths_approach_the_last(const Analysis& analysis) {
  const TrajectoryStatistics& statistics = analysis.trajectories;
  if (!statistics.there()) return {.ours = statistics.missing};
  const Measured &input = statistics.input.median_to_end, &output = statistics.output.median_to_end;
  std::vector<FindingRow> rows = {{.what = "OIP", .measured = output, .status = negative(output)},
                                  {.what = "IIP", .measured = input, .status = negative(input)}};
  return {
      decided(rows),
      fmt::format("Spearman's rho of iteration and distance to the end: its median over {} images",
                  output.n) +
          beside_control(statistics.scattered_input.median_to_end, statistics.scattered_output.median_to_end),
      std::move(rows)};
}

/// For every attack the paths differ from those of the same images before the attack, on either side. Against
/// normal inputs, the paper's own comparison, p-values are told and do not decide: there the images differ,
/// too.
Tested paths_differ(const Analysis& analysis) {
  const std::vector<AdjustedP> adjusted = adjusted_p_values(analysis);
  std::vector<Status> each;
  std::vector<FindingRow> rows;
  for (std::size_t place = 0; place < analysis.distances.size(); ++place) {
    const AttackDistance& one = analysis.distances[place];
    if (!one.comparable()) continue;
    const AdjustedP& p = adjusted[place];
    each.push_back(std::min(p.own_input, p.own_output) < level ? Status::holds : Status::undecided);
    rows.push_back(told_apart(one, Side::input, p.own_input));
    rows.push_back(told_apart(one, Side::output, p.own_output));
  }
  if (rows.empty()) return {.ours = no_attack};
  return {combined(each),
          "Distance from the same images before the attack, in nats. " + against_normal(analysis, adjusted),
          std::move(rows)};
}

}  // namespace weir
