#include "infoflow/aggregate.h"

#include <cmath>
#include <gtest/gtest.h>

#include "infoflow/compare.h"
#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {
namespace {

/// A population around a curve that rises along the layers; `lift` moves it as a whole.
std::vector<Path> population(std::size_t count, Rng rng, double lift = 0) {
  std::vector<Path> paths(count);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < 15; ++k) {
      const double x = static_cast<double>(k);
      paths[i].iip.push_back(0.4 - 0.02 * x + lift + 0.03 * random_normal(rng.split(1), i * 15 + k));
      paths[i].oip.push_back(0.3 + 0.3 * x / (x + 5) + 2 * lift +
                             0.03 * random_normal(rng.split(2), i * 15 + k));
    }
  return paths;
}

Path path(std::vector<double> iip, std::vector<double> oip) {
  Path result;
  result.iip = std::move(iip);
  result.oip = std::move(oip);
  return result;
}

TEST(Aggregate, MeanAndDeviationLayerByLayer) {
  const std::vector<Path> paths = {path({1, 2}, {0, 0}), path({3, 2}, {0, 6})};
  const Aggregate found = aggregate(paths, {.rule = Aggregation::mean});
  EXPECT_EQ(found.iip.value, (std::vector<double>{2, 2}));
  EXPECT_EQ(found.oip.value, (std::vector<double>{0, 3}));
  EXPECT_DOUBLE_EQ(found.iip.deviation[0], std::sqrt(2.0));
  EXPECT_NEAR(found.iip.high[0], 2 + 1.959964 * std::sqrt(2.0) / std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(found.iip.low[0], 2 - 1.959964, 1e-6);
  EXPECT_EQ(found.iip.paths, 2);
}

TEST(Aggregate, MedianOfOddAndEvenNumbers) {
  const std::vector<Path> three = {path({1, 9, 5}, {0, 0, 0}), path({2, 7, 5}, {0, 0, 0}),
                                   path({9, 8, 5}, {0, 0, 0})};
  EXPECT_EQ(aggregate(three, {.rule = Aggregation::median}).iip.value, (std::vector<double>{2, 8, 5}));
  const std::vector<Path> two(three.begin(), three.begin() + 2);
  EXPECT_EQ(aggregate(two, {.rule = Aggregation::median}).iip.value, (std::vector<double>{1.5, 8, 5}));
}

class EveryProcess : public ::testing::TestWithParam<Aggregation> {};

// The study publishes both: with 200 paths the process and the mean must agree to about a standard error.
TEST_P(EveryProcess, StaysNearTheMeanAndIsSmoother) {
  const Aggregate found = aggregate(population(200, Rng{1}), {.rule = GetParam()});
  const double error = 0.03 / std::sqrt(200.0);
  double rough_mean = 0, rough_process = 0;
  const auto bend = [](const std::vector<double>& y, std::size_t k) {
    return std::abs(y[k - 1] - 2 * y[k] + y[k + 1]);
  };
  for (std::size_t k = 0; k < 15; ++k) EXPECT_NEAR(found.oip.value[k], found.oip.mean[k], 3 * error) << k;
  for (std::size_t k = 1; k < 14; ++k) {
    rough_mean += bend(found.oip.mean, k);
    rough_process += bend(found.oip.value, k);
  }
  EXPECT_LT(rough_process, rough_mean);
  EXPECT_EQ(found.oip.value, found.oip.gp_mean);
  EXPECT_GT(found.oip.gp_deviation[7], 0);
  EXPECT_LT(found.oip.gp_deviation[7], 1.2 * error);
}

// Allowed: rounding times the condition of C + R, which is at most 15 times the signal's variance over the
// noise of a mean, about 1e5 here.
TEST_P(EveryProcess, TheSmootherReproducesTheFitAndMovesWithTheMeans) {
  const Aggregate found = aggregate(population(50, Rng{2}), {.rule = GetParam()});
  const std::vector<double> again = with_means(found.iip, found.iip.mean, found.iip.paths);
  std::vector<double> moved = found.iip.mean;
  for (double& v : moved) v += 0.5;
  const std::vector<double> lifted = with_means(found.iip, moved, 50);
  for (std::size_t k = 0; k < 15; ++k) {
    EXPECT_NEAR(again[k], found.iip.value[k], 1e-10);
    EXPECT_NEAR(lifted[k], found.iip.value[k] + 0.5, 1e-10);
  }
}

/// The mean of fewer paths is noisier by the same law, so the process trusts it less.
TEST_P(EveryProcess, SmoothsTheMeanOfFewerPathsMore) {
  const Curve curve = aggregate(population(50, Rng{2}), {.rule = GetParam()}).iip;
  std::vector<double> means = curve.mean;
  for (std::size_t k = 0; k < means.size(); k += 2) means[k] += 0.05;
  const auto moved = [&](Index paths) {
    const std::vector<double> smooth = with_means(curve, means, paths);
    return distance(smooth, means);
  };
  EXPECT_GT(moved(1), moved(25));
  EXPECT_GT(moved(25), moved(50));
  EXPECT_GT(moved(50), moved(1000));
  EXPECT_THROW(with_means(curve, means, 0), Error);
}

TEST(Aggregate, HalfAPopulationIsSmoothedAsAFitOfItsSizeWouldBe) {
  std::vector<std::vector<double>> series;
  for (const Path& path : population(40, Rng{2})) series.push_back(path.iip);
  const Curve curve = aggregate_series(series, {});
  Replicates half = replicates_of(series);
  const GpParameters parameters = fit(half, GpKernel::rbf).parameters;
  for (Index& count : half.counts) count /= 2;
  const std::vector<double> expected = smoother(half, parameters).smoothed(half.means, half.grand_mean());
  const std::vector<double> found = with_means(curve, half.means, 20);
  for (std::size_t k = 0; k < found.size(); ++k) EXPECT_NEAR(found[k], expected[k], 1e-10) << k;
}

TEST_P(EveryProcess, FewLayersFallBackToTheMean) {
  const std::vector<Path> paths = {path({1, 2}, {0, 0}), path({3, 2}, {0, 6})};
  const Aggregate found = aggregate(paths, {.rule = GetParam()});
  EXPECT_EQ(found.iip.value, (std::vector<double>{2, 2}));
  EXPECT_EQ(with_means(found.iip, std::vector<double>{5, 6}, 7), (std::vector<double>{5, 6}));
}

TEST_P(EveryProcess, OnePathIsItsOwnAggregate) {
  const std::vector<Path> one = population(1, Rng{3});
  const Aggregate found = aggregate(one, {.rule = GetParam()});
  for (std::size_t k = 0; k < 15; ++k) EXPECT_NEAR(found.iip.value[k], one[0].iip[k], 1e-4);
  EXPECT_EQ(found.iip.low, found.iip.mean);
}

INSTANTIATE_TEST_SUITE_P(Rules, EveryProcess, ::testing::Values(Aggregation::gp_iid, Aggregation::gp_hier));

// Where the means look like nothing but noise the process smooths them away, and the farthest of fifteen is
// told; a real jump makes the fitted length short instead.
TEST(Aggregate, WarnsWhereTheProcessIsFarFromAMean) {
  std::vector<Path> paths(40);
  for (std::uint64_t i = 0; i < 40; ++i)
    for (std::uint64_t k = 0; k < 15; ++k) {
      paths[i].iip.push_back(0.3 + 0.01 * random_normal(Rng{4}, 15 * i + k));
      paths[i].oip.push_back((k > 10 ? 0.8 : 0.3) + 0.01 * random_normal(Rng{5}, 15 * i + k));
    }
  const Aggregate found = aggregate(paths);
  EXPECT_GT(found.iip.worst_misfit, 2);
  EXPECT_LT(found.oip.worst_misfit, 2);
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_EQ(found.warnings[0].substr(0, 4), "IIP:");
}

TEST(Aggregate, NothingAndUnequalLengthsAreRefused) {
  EXPECT_THROW(aggregate({}), Error);
  EXPECT_THROW(aggregate(std::vector<Path>{path({1}, {1}), path({1, 2}, {1, 2})}), Error);
}

TEST(Aggregate, AMedianHasNoSmoother) {
  const Aggregate found = aggregate(population(5, Rng{6}), {.rule = Aggregation::median});
  EXPECT_THROW(with_means(found.iip, found.iip.mean, found.iip.paths), Error);
}

TEST(Distance, IsTheMeanAbsoluteDifference) {
  EXPECT_DOUBLE_EQ(distance(std::vector<double>{1, 2, 3}, std::vector<double>{2, 0, 3}), 1);
  EXPECT_DOUBLE_EQ(distance(path({1}, {0, 0}), path({3}, {1, 2})).oip, 1.5);
  EXPECT_THROW(distance(std::vector<double>{1}, std::vector<double>{1, 2}), Error);
  EXPECT_THROW(distance(std::vector<double>{}, std::vector<double>{}), Error);
}

}  // namespace
}  // namespace weir
