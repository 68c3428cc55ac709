// Q3: on one network, inputs made for it against inputs made for its counterpart.
#include "infoflow/compare.h"
#include "study/analysis.h"
#include "tensor/check.h"

namespace weir {
namespace {

double gap(const SeedGroup& own, const SeedGroup& foreign, Side side, std::span<const Index> own_rows,
           std::span<const Index> foreign_rows) {
  return distance(resampled_path(own.population, side, own_rows),
                  resampled_path(foreign.population, side, foreign_rows));
}

double average_gap(const TargetGap& one, std::span<const Index> own, std::span<const Index> foreign) {
  return 0.5 * (gap(one.own, one.foreign, Side::input, own, foreign) +
                gap(one.own, one.foreign, Side::output, own, foreign));
}

std::string why_missing(const TargetGap& one, const AttackRun& own, const AttackRun& foreign) {
  for (const AttackRun* run : {&own, &foreign})
    if (!run->there()) return run->missing;
  if (!one.measuring->there()) return one.measuring->missing;
  if (one.own.comparable() && one.foreign.comparable()) return {};
  return fmt::format("too few successes to compare: {} and {}", one.own.count(), one.foreign.count());
}

TargetGap gap_on(const Analysis& analysis, const std::string& attack, std::string_view measuring,
                 std::string_view other, std::uint32_t stream) {
  const Experiment& experiment = analysis.experiment;
  const AttackRun &own = experiment.run(measuring, attack), &foreign = experiment.run(other, attack);
  TargetGap one{.attack = attack,
                .title = own.reading.title,
                .measuring = &experiment.network(measuring),
                .other = &experiment.network(other),
                .own = seed_group(own, measuring, own.successes),
                .foreign = seed_group(foreign, measuring, foreign.successes)};
  one.missing = why_missing(one, own, foreign);
  if (!one.there()) return one;
  const SeedGroup* const groups[] = {&one.own, &one.foreign};
  const SeedDraws draws{.images = experiment.attacked.count(), .options = analysis.resampling(stream)};
  const auto side = [&](Side which) {
    return with_interval(groups, draws, [&one, which](const GroupRows& rows) {
      return gap(one.own, one.foreign, which, rows[0], rows[1]);
    });
  };
  one.input = side(Side::input);
  one.output = side(Side::output);
  one.average = with_interval(groups, draws,
                              [&one](const GroupRows& rows) { return average_gap(one, rows[0], rows[1]); });
  return one;
}

GapContrast contrast(const Analysis& analysis, const TargetGap& original, const TargetGap& compressed,
                     std::uint32_t stream) {
  GapContrast result{.attack = original.attack, .title = original.title};
  result.missing = original.there() ? compressed.missing : original.missing;
  if (!result.missing.empty()) return result;
  const SeedGroup* const groups[] = {&original.own, &original.foreign, &compressed.own, &compressed.foreign};
  result.difference = with_interval(
      groups, {.images = analysis.experiment.attacked.count(), .options = analysis.resampling(stream)},
      [&](const GroupRows& rows) {
        return average_gap(compressed, rows[2], rows[3]) - average_gap(original, rows[0], rows[1]);
      },
      two_bounds);
  return result;
}

}  // namespace

void analyse_gaps(Analysis& analysis) {
  std::uint32_t stream = stream_of_gaps;
  for (const std::string& attack : analysis.experiment.preset.across) {
    const auto add = [&](std::string_view measuring, std::string_view other) {
      analysis.gaps.push_back(gap_on(analysis, attack, measuring, other, stream++));
    };
    add("original", "compressed");
    add("compressed", "original");
    const std::size_t pair = analysis.gaps.size() - 2;
    analysis.gap_contrasts.push_back(
        contrast(analysis, analysis.gaps[pair], analysis.gaps[pair + 1], stream++));
    add("original", "other-seed");
    add("other-seed", "original");
  }
}

}  // namespace weir
