#include "study/resampling.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "tensor/check.h"

namespace weir {
namespace {

double mean_of(std::span<const Index> rows, std::span<const double> values) {
  double sum = 0;
  for (const Index row : rows) sum += values[static_cast<std::size_t>(row)];
  return sum / static_cast<double>(rows.size());
}

std::vector<double> ramp(Index count) {
  std::vector<double> values;
  for (Index i = 0; i < count; ++i) values.push_back(static_cast<double>(i));
  return values;
}

TEST(Resampling, BootstrapOfAMeanHasTheKnownStandardError) {
  const std::vector<double> values = ramp(100);
  const auto statistic = [&](auto first, auto) { return mean_of(first, values); };
  const auto replicates = bootstrap_values({.first = 100}, statistic, {.replicates = 4000});
  // Population sd of 0..99 is sqrt((100^2-1)/12) = 28.866; the bootstrap sd of a mean estimates it over
  // sqrt(100). Its own relative standard error is 1/sqrt(2 * 4000) = 1.1 %; four of those are allowed.
  EXPECT_NEAR(standard_deviation(replicates), 2.8866, 0.13);
  EXPECT_NEAR(mean(replicates), 49.5, 4 * 2.8866 / std::sqrt(4000.0));
  const Interval interval = percentile_interval(replicates);
  EXPECT_NEAR(interval.low, 49.5 - 1.96 * 2.8866, 0.5);
  EXPECT_NEAR(interval.high, 49.5 + 1.96 * 2.8866, 0.5);
}

TEST(Resampling, ABootstrapOfAnAbsoluteMeanIsBiasedUpwardsAndNotCorrected) {
  // 50 values of -1 and 50 of +1: their mean is 0, that of a draw is normal with deviation 1/sqrt(100), and
  // its absolute value is sqrt(2/pi)/10 = 0.0798 on average. That has deviation 0.0603; four standard errors
  // of 4000 draws are 0.0038.
  std::vector<double> values(100, 1.0);
  std::fill_n(values.begin(), 50, -1.0);
  const auto statistic = [&](auto first, auto) { return std::abs(mean_of(first, values)); };
  const auto replicates = bootstrap_values({.first = 100}, statistic, {.replicates = 4000});
  EXPECT_NEAR(bootstrap_bias(replicates, 0.0), 0.0798, 0.0038);
  EXPECT_DOUBLE_EQ(bootstrap_bias(replicates, 0.05), mean(replicates) - 0.05);
  const Interval interval = percentile_interval(replicates);
  EXPECT_EQ(interval.low, 0.0);             // 8 % of draws are balanced
  EXPECT_NEAR(interval.high, 0.224, 0.02);  // 2.24 deviations: the normal's 98.75th percentile
  EXPECT_THROW(bootstrap_bias({}, 0.0), Error);
}

TEST(Resampling, BootstrapDrawsBothGroupsFromTheirOwnRows) {
  const auto statistic = [](std::span<const Index> first, std::span<const Index> second) {
    EXPECT_EQ(first.size(), 3u);
    EXPECT_EQ(second.size(), 5u);
    EXPECT_LT(*std::max_element(first.begin(), first.end()), 3);
    EXPECT_LT(*std::max_element(second.begin(), second.end()), 5);
    return static_cast<double>(*std::max_element(second.begin(), second.end()));
  };
  const auto values = bootstrap_values({.first = 3, .second = 5}, statistic, {.replicates = 200});
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 4.0);
}

TEST(Resampling, SameSeedSameDrawsOtherStreamOtherDraws) {
  const std::vector<double> values = ramp(50);
  const auto statistic = [&](auto first, auto) { return mean_of(first, values); };
  const auto again = [&](ResampleOptions options) {
    return bootstrap_values({.first = 50}, statistic, options);
  };
  EXPECT_EQ(again({.replicates = 50}), again({.replicates = 50}));
  EXPECT_NE(again({.replicates = 50}), again({.stream = 1, .replicates = 50}));
  EXPECT_NE(again({.replicates = 50}), again({.seed = 2019, .replicates = 50}));
}

TEST(Resampling, PermutationPValueMatchesEnumeration) {
  // Groups {5,6,7} and {0,1,2}: of the 20 splits only the observed one reaches the largest difference of
  // means: p = 1/20.
  const std::vector<double> values{5, 6, 7, 0, 1, 2};
  const auto statistic = [&](auto first, auto second) {
    return mean_of(first, values) - mean_of(second, values);
  };
  const double p = permutation_p_value({.first = 3, .second = 3}, statistic, {.replicates = 20000});
  EXPECT_NEAR(p, 0.05, 4 * std::sqrt(0.05 * 0.95 / 20000));
}

TEST(Resampling, PermutationPValueIsNeverZero) {
  std::vector<double> values = ramp(40);
  const auto statistic = [&](auto first, auto second) {
    return mean_of(second, values) - mean_of(first, values);
  };
  EXPECT_DOUBLE_EQ(permutation_p_value({.first = 20, .second = 20}, statistic, {.replicates = 99}), 0.01);
}

TEST(Resampling, SignFlipPValueMatchesEnumeration) {
  // Four positive differences: only one of the 16 sign patterns reaches their sum.
  const auto statistic = [](std::span<const double> signs) {
    return 1.0 * signs[0] + 2.0 * signs[1] + 3.0 * signs[2] + 4.0 * signs[3];
  };
  EXPECT_NEAR(sign_flip_p_value(4, statistic, {.replicates = 20000}), 1.0 / 16, 0.007);
}

TEST(Resampling, SplitHalvesAreDisjointAndEqualInSize) {
  const auto statistic = [](std::span<const Index> first, std::span<const Index> second) {
    std::set<Index> all(first.begin(), first.end());
    all.insert(second.begin(), second.end());
    EXPECT_EQ(first.size(), 3u);
    EXPECT_EQ(all.size(), 6u);
    return 0.0;
  };
  EXPECT_EQ(split_half_values(7, statistic, {.replicates = 20}).size(), 20u);
  EXPECT_THROW(split_half_values(1, statistic, {}), Error);
}

TEST(Resampling, DrawDistinctCoversEveryImageEqually) {
  std::vector<int> seen(10);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto rows = draw_distinct(10, 3, {.seed = seed});
    EXPECT_EQ(std::set<Index>(rows.begin(), rows.end()).size(), 3u);
    for (const Index row : rows) ++seen[static_cast<std::size_t>(row)];
  }
  // Each image is drawn with probability .3: 600 expected, sd sqrt(2000 * .3 * .7) = 20.5; five of those are
  // allowed.
  for (const int count : seen) EXPECT_NEAR(count, 600, 103);
  EXPECT_THROW(draw_distinct(3, 4, {}), Error);
}

}  // namespace
}  // namespace weir
