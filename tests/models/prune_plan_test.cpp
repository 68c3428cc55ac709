// Which units go: order, limits, and where a round lands.
#include "models/prune_plan.h"

#include <algorithm>
#include <gmock/gmock.h>

#include "models/registry.h"
#include "tensor/random.h"

namespace weir {
namespace {

using testing::ElementsAre;

UnitScores random_scores(const Architecture& architecture, std::uint64_t seed) {
  UnitScores scores;
  for (const PrunableLayer& layer : prunable_layers(architecture)) {
    scores.emplace_back();
    for (Index unit = 0; unit < layer.width; ++unit)
      scores.back().push_back(static_cast<double>(
          random_unit(Rng{.seed = seed}.split(stream_of(layer.name)), static_cast<std::uint64_t>(unit))));
  }
  return scores;
}

Architecture after(const Architecture& architecture, const KeptUnits& kept) {
  std::vector<Index> widths;
  for (const auto& units : kept) widths.push_back(static_cast<Index>(units.size()));
  return with_widths(architecture, widths);
}

TEST(ChooseUnits, LandsWithinOneUnitOfTheBudgetInFourRounds) {
  const Architecture original = good_init();
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    Architecture now = original;
    for (const Index target : {1026259, 980976, 935693, 890411}) {
      PruneLimits limits;
      if (target == 890411) limits.round_share = 1;
      const UnitScores scores = random_scores(now, seed);
      const KeptUnits kept = choose_units(
          {.original = original, .now = now, .redundancy = scores, .target = target, .limits = limits});
      const std::vector<Index> before = widths(now);
      now = after(now, kept);
      const std::vector<Index> left = widths(now);
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (target != 890411) {
          EXPECT_LE(before[i] - left[i], std::max<Index>(before[i] * 6 / 100, 1));
        }
        EXPECT_GE(left[i], widths(original)[i] * 4 / 5);
      }
      EXPECT_EQ(left[0], 32) << "the first layer goes last";
    }
    EXPECT_LE(parameters_of(now), 890411);
    EXPECT_GT(parameters_of(now), 890411 - 140)
        << "one neuron of fc1 is 128 + 1 + 10 parameters, or fewer now";
  }
}

TEST(ChooseUnits, TakesTheMostRedundantOfALayer) {
  const Architecture original = good_init();
  UnitScores scores = random_scores(original, 9);
  const KeptUnits kept = choose_units(
      {.original = original, .now = original, .redundancy = scores, .target = 1000000, .limits = {}});
  for (std::size_t layer = 0; layer < kept.size(); ++layer) {
    double worst_kept = 0, best_gone = 1;
    for (std::size_t unit = 0; unit < scores[layer].size(); ++unit) {
      const bool stays = std::ranges::binary_search(kept[layer], static_cast<Index>(unit));
      (stays ? worst_kept : best_gone) =
          stays ? std::max(worst_kept, scores[layer][unit]) : std::min(best_gone, scores[layer][unit]);
    }
    EXPECT_LE(worst_kept, best_gone);
  }
}

TEST(ChooseUnits, KnowsTheLeastThatCanBeLeft) {
  const PruneLimits all{.round_share = 1, .total_share = 1, .least_units = 8};
  const Architecture original = good_init();
  const UnitScores scores = random_scores(original, 3);
  const KeptUnits kept =
      choose_units({.original = original, .now = original, .redundancy = scores, .target = 0, .limits = all});
  for (const auto& units : kept) EXPECT_EQ(units.size(), 8u);
  EXPECT_EQ(parameters_of(after(original, kept)), least_parameters(original, all));
}

TEST(ChooseUnits, ChangesNothingWhenTheBudgetIsMet) {
  const Architecture original = good_init();
  const UnitScores scores = random_scores(original, 3);
  EXPECT_EQ(choose_units({.original = original,
                          .now = original,
                          .redundancy = scores,
                          .target = parameters_of(original),
                          .limits = {}}),
            all_units(original));
}

}  // namespace
}  // namespace weir
