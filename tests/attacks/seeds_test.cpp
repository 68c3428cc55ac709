#include "attacks/seeds.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/judge.h"
#include "attacks/reading.h"
#include "attacks/row_scan.h"
#include "tests/attacks/on_device.h"
#include "tests/support/data.h"

namespace weir {
namespace {

using testing::ElementsAre;

Device& reference() { return Device::reference(); }

Values softmax_of(Values z) {
  double sum = 0;
  for (double& value : z) sum += value = std::exp(value);
  for (double& value : z) value /= sum;
  return z;
}

Tensor rows(const Values& values, Index classes) {
  return tensor_of(values, {static_cast<Index>(values.size()) / classes, classes}, reference());
}

TEST(Seeds, FaithfulIsTheSoftmaxMinusTheLabel) {
  const Values z = {1, -2, 0.5}, p = softmax_of(z);
  const SeedRule rule = cross_entropy_seeds({.labels = rows({0, 0, 0, 0, 1, 0}, 3)});
  const Values found = rule(rows(z, 3), {.first = 1, .count = 1}).to_host_double();
  EXPECT_TRUE(within(found, {p[0], p[1] - 1, p[2]}, Values(3, 1e-6)));
}

TEST(Seeds, TargetedIsTheNegative) {
  const Tensor z = rows({1, -2, 0.5}, 3), labels = rows({0, 1, 0}, 3);
  for (const SeedScale scale : {SeedScale::faithful, SeedScale::scaled}) {
    Values up = cross_entropy_seeds({labels, false, scale})(z, {0, 1}).to_host_double();
    for (double& value : up) value = -value;
    EXPECT_TRUE(same_bits(cross_entropy_seeds({labels, true, scale})(z, {0, 1}).to_host_double(), up));
  }
}

TEST(Seeds, ScaledIsFaithfulDividedByWhatIsLeftForTheOthers) {
  const Values z = {1, -2, 0.5, 3}, p = softmax_of(z);
  const Values found =
      cross_entropy_seeds({rows({0, 0, 1, 0}, 4), false, SeedScale::scaled})(rows(z, 4), {0, 1})
          .to_host_double();
  const double left = 1 - p[2];
  EXPECT_TRUE(within(found, {p[0] / left, p[1] / left, -1, p[3] / left}, Values(4, 1e-6)));
}

TEST(Seeds, ScaledKeepsItsDirectionAtAnyConfidence) {
  for (const double lead : {50.0, 500.0, 1e6}) {
    const Tensor z = rows({lead, 2, 1, 0}, 4), labels = rows({1, 0, 0, 0}, 4);
    const Values faithful = cross_entropy_seeds({labels})(z, {0, 1}).to_host_double();
    EXPECT_EQ(faithful[0], 0) << "the float softmax is 1";
    const Values q = softmax_of({2, 1, 0});
    const Values found = cross_entropy_seeds({labels, false, SeedScale::scaled})(z, {0, 1}).to_host_double();
    EXPECT_TRUE(within(found, {-1, q[0], q[1], q[2]}, Values(4, 1e-6))) << lead;
  }
}

TEST(Seeds, ALabelSharedByTiedClassesNeedsNoScaling) {
  for (const SeedScale scale : {SeedScale::faithful, SeedScale::scaled}) {
    const SeedRule all_tied = cross_entropy_seeds({rows({0.5, 0.5}, 2), false, scale});
    EXPECT_THAT(all_tied(rows({3, 3}, 2), {0, 1}).to_host_double(), ElementsAre(0, 0));
    const Values p = softmax_of({3, 3, 1});
    const SeedRule two_tied = cross_entropy_seeds({rows({0.5, 0.5, 0}, 3), false, scale});
    EXPECT_TRUE(within(two_tied(rows({3, 3, 1}, 3), {0, 1}).to_host_double(), {p[0] - 0.5, p[1] - 0.5, p[2]},
                       Values(3, 1e-6)));
  }
}

TEST(Seeds, TheObjectiveIsTheCrossEntropy) {
  const Values z = {1, -2, 0.5}, p = softmax_of(z);
  const Tensor labels = rows({0, 1, 0}, 3);
  EXPECT_NEAR(objective_values({labels}, rows(z, 3))[0], -std::log(p[1]), 1e-12);
  EXPECT_NEAR(objective_values({labels, true}, rows(z, 3))[0], std::log(p[1]), 1e-12);
  EXPECT_NEAR(objective_values({rows({1, 0}, 2)}, rows({-1000, 1000}, 2))[0], 2000, 1e-9);
}

TEST(Seeds, TheObjectiveRisesWhereTheSoftmaxIsCertain) {
  const Tensor labels = rows({1, 0, 0}, 3);
  for (const double gap : {20.0, 50.0, 400.0, 700.0}) {
    const double expected = std::log1p(2 * std::exp(-gap));
    EXPECT_NEAR(objective_values({labels}, rows({gap, 0, 0}, 3))[0] / expected, 1, 1e-12) << gap;
    EXPECT_NEAR(objective_values({labels}, rows({gap + 64, 64, 64}, 3))[0] / expected, 1, 1e-12) << gap;
  }
}

TEST(Seeds, TheScaledObjectiveIsTheLogOddsAgainstTheLabel) {
  const Tensor labels = rows({1, 0, 0}, 3);
  const auto value = [&](const Values& z, bool targeted = false) {
    return objective_values({labels, targeted, SeedScale::scaled}, rows(z, 3))[0];
  };
  EXPECT_NEAR(value({5000, 0, 0}), std::log(2) - 5000, 1e-9);
  EXPECT_NEAR(value({5000, 0, 0}, true), 5000 - std::log(2), 1e-9);
  EXPECT_NEAR(value({1, -2, 0.5}), std::log((std::exp(-2) + std::exp(0.5)) / std::exp(1)), 1e-12);
  // its slopes are the scaled seeds
  const Values z = {1, -2, 0.5};
  const Values seeds =
      cross_entropy_seeds({labels, false, SeedScale::scaled})(rows(z, 3), {0, 1}).to_host_double();
  for (std::size_t k = 0; k < 3; ++k) {
    Values above = z, below = z;
    above[k] += 0x1p-8;
    below[k] -= 0x1p-8;
    EXPECT_NEAR((value(above) - value(below)) / 0x1p-7, seeds[k], 1e-5) << k;
  }
}

TEST(Seeds, TheObjectiveOfASharedLabelIsTheCrossEntropyInBothScales) {
  const Tensor shared = rows({0.5, 0.5, 0}, 3);
  for (const SeedScale scale : {SeedScale::faithful, SeedScale::scaled})
    EXPECT_NEAR(objective_values({shared, false, scale}, rows({3, 3, 1}, 3))[0], std::log(2 + std::exp(-2)),
                1e-12);
}

TEST(Reading, OfALoneClassIsCertain) {
  EXPECT_EQ(confidence_of(Values{-3}, 0), 1);
  EXPECT_EQ(cross_entropy_of(Values{-3}, Values{1}), 0);
}

TEST(Reading, PredictionIsTheFirstOfTheLargest) {
  EXPECT_EQ(predicted_class(Values{1, 3, 3, 2}), 1);
  EXPECT_EQ(predicted_class(Values{-5}), 0);
  EXPECT_EQ(predicted_class(Values{-5, -INFINITY}), 0);
  EXPECT_EQ(predicted_class(Values{1, std::nan(""), 3}), no_class);
  EXPECT_EQ(predicted_class(Values{std::nan(""), 1}), no_class);
}

TEST(Reading, OtherClassesByRank) {
  const Values z = {1, 3, 3, 2, 5};
  for (const Index rank : {0, 1, 2, 3})
    EXPECT_EQ(ranked_other(z, 4, rank),
              (std::vector<std::int32_t>{1, 2, 3, 0})[static_cast<std::size_t>(rank)]);
  EXPECT_EQ(ranked_other(z, 1, 1), 2);
}

TEST(Reading, ConfidenceAndLead) {
  EXPECT_NEAR(confidence_of(Values{0, std::log(3)}, 1), 0.75, 1e-15);
  EXPECT_EQ(confidence_of(Values{2000, -2000}, 0), 1);
  EXPECT_EQ(lead_of(Values{1, 5, 3}, 1), 2);
  EXPECT_EQ(lead_of(Values{1, 5, 3}, 0), -4);
}

TEST(Reading, RowsComeInOrderAndWhole) {
  Values values(130 * 3);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  Index next = 0;
  for_each_row(rows(values, 3), [&](Index row, std::span<const double> found) {
    EXPECT_EQ(row, next++);
    EXPECT_THAT(found, ElementsAre(3.0 * static_cast<double>(row), 3.0 * static_cast<double>(row) + 1,
                                   3.0 * static_cast<double>(row) + 2));
  });
  EXPECT_EQ(next, 130);
}

class RowScan : public AttackOnDevice {};

TEST_P(RowScan, PeaksAreLargestSizesAndNaNWins) {
  const double nan = std::nan("");
  const Tensor x = tensor_of({1, -3, 2, 0, 0, 0, nan, 9, 1, 1, 9, nan, 0, -1e-45, 0}, {5, 3}, device());
  const std::vector<double> peaks = row_peaks(x);
  EXPECT_EQ(peaks[0], 3);
  EXPECT_EQ(peaks[1], 0);
  EXPECT_TRUE(std::isnan(peaks[2]));
  EXPECT_TRUE(std::isnan(peaks[3]));
  EXPECT_GT(peaks[4], 0) << "the smallest denormal is not zero";
}

TEST_P(RowScan, SharesOfZeros) {
  Values values(2 * 100);
  for (std::size_t i = 0; i < 25; ++i) values[100 + i * 3] = 1;
  EXPECT_THAT(zero_shares(tensor_of(values, {2, 100}, device())), ElementsAre(1, 0.75));
}

INSTANTIATE_TEST_SUITE_P(Devices, RowScan, testing::ValuesIn(device_names()), device_test_name);

TEST(Rounding, EveryLevelIsItsOwnPicture) {
  Values levels;
  for (int level = 0; level < 256; ++level) levels.push_back(static_cast<float>(level) / 127.5f - 1);
  const Tensor x = tensor_of(levels, {1, 1, 16, 16}, reference());
  EXPECT_TRUE(same_bits(rounded_to_8_bits(x, {}), x));
  for (double& value : levels) value = (value + 1) / 2;
  for (int level = 0; level < 256; ++level)
    levels[static_cast<std::size_t>(level)] = static_cast<float>(level) / 255.0f;
  const Tensor unit = tensor_of(levels, {1, 1, 16, 16}, reference());
  EXPECT_TRUE(same_bits(rounded_to_8_bits(unit, {0, 1}), unit));
}

TEST(Rounding, IsToTheNearestLevel) {
  const double level = 2.0 / 255;
  const Values x = {-1 + 0.49 * level, -1 + 0.51 * level, 1 - 0.49 * level, 1 - 0.51 * level};
  const Values found = rounded_to_8_bits(tensor_of(x, {1, 1, 2, 2}, reference()), {}).to_host_double();
  EXPECT_TRUE(within(found, {-1, -1 + level, 1, 1 - level}, Values(4, 1e-7)));
}

}  // namespace
}  // namespace weir
