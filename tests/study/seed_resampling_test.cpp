#include "study/seed_resampling.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

SeedGroup group_of(std::vector<Index> seeds) { return {.population = {}, .seeds = std::move(seeds)}; }

TEST(SeedBootstrap, AnImageBringsItsRowsOfAllGroupsAlong) {
  const SeedGroup first = group_of({0, 1, 2, 3}), second = group_of({0, 1, 2, 3});
  const SeedGroup* const groups[] = {&first, &second};
  const std::vector<double> values =
      bootstrap_seeds(groups, {.images = 4, .options = {.replicates = 50}},
                      [](const GroupRows& rows) { return rows[0] == rows[1] ? 1.0 : 0.0; });
  EXPECT_EQ(values, std::vector<double>(50, 1.0));
}

TEST(SeedBootstrap, ADrawThatLeavesAGroupEmptyIsLeftOut) {
  const SeedGroup rare = group_of({2});
  const SeedGroup* const groups[] = {&rare};
  const std::vector<double> values =
      bootstrap_seeds(groups, {.images = 10, .options = {.replicates = 400}},
                      [](const GroupRows& rows) { return static_cast<double>(rows[0].size()); });
  // An image is drawn by none of ten with probability 0.9^10 = 0.35; four standard errors are 0.1.
  EXPECT_NEAR(static_cast<double>(values.size()) / 400, 0.65, 0.1);
  for (const double value : values) EXPECT_GE(value, 1.0);
}

TEST(SeedBootstrap, TheValueIsThatOfEverything) {
  const SeedGroup group = group_of({1, 4, 6});
  const SeedGroup* const groups[] = {&group};
  const Measured measured = with_interval(
      groups, {.images = 8, .normal = 5, .options = {.replicates = 100}},
      [](const GroupRows& rows) { return static_cast<double>(rows[0].size() + 10 * rows[1].size()); });
  EXPECT_EQ(measured.value, 53.0);
  EXPECT_EQ(measured.n, 3);
  EXPECT_TRUE(measured.interval->contains(53.0));
}

TEST(SeedBootstrap, TheBiasIsTheMeanOfTheDrawsMinusTheValue) {
  const SeedGroup group = group_of({1, 4, 6});
  const SeedGroup* const groups[] = {&group};
  const SeedDraws draws{.images = 8, .options = {.replicates = 100}};
  const auto odd_rows = [](const GroupRows& rows) { return static_cast<double>(rows[0].size() % 2); };
  const double drawn = mean(bootstrap_seeds(groups, draws, odd_rows));
  ASSERT_LT(drawn, 1.0);  // of three rows the value is 1, and a draw need not bring three
  EXPECT_EQ(with_interval(groups, draws, odd_rows).bias, drawn - 1.0);
}

TEST(AreaUnderCurve, IsTheChanceOfTheRightOrder) {
  EXPECT_EQ(area_under_curve(std::vector<double>{3, 4}, std::vector<double>{1, 2}), 1.0);
  EXPECT_EQ(area_under_curve(std::vector<double>{1, 2}, std::vector<double>{3, 4}), 0.0);
  EXPECT_EQ(area_under_curve(std::vector<double>{1, 3}, std::vector<double>{2, 3}), 0.375);  // one tie
}

}  // namespace
}  // namespace weir
