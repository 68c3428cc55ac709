// Populations whose distances are known by construction.
#include "study/path_comparison.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {
namespace {

constexpr Index layers = 8;

/// A smooth path, every image with a level of its own and a little noise a layer; lifted by `lift` at the
/// output.
std::vector<Path> made_up_paths(Index images, double lift, std::uint64_t seed) {
  std::vector<Path> paths;
  for (Index image = 0; image < images; ++image) {
    const Rng rng = Rng{.seed = 7}.split(seed).split(static_cast<std::uint64_t>(image));
    const double level = 0.02 * random_normal(rng, 1000);
    Path path;
    for (Index k = 0; k < layers; ++k) {
      const double smooth = 0.3 + 0.1 * std::cos(0.5 * static_cast<double>(k)) + level;
      path.iip.push_back(smooth + 0.004 * random_normal(rng, static_cast<std::uint64_t>(k)));
      path.oip.push_back(smooth + lift + 0.004 * random_normal(rng, static_cast<std::uint64_t>(100 + k)));
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

Population made_up(Index images, double lift, std::uint64_t seed) {
  return population_of("made up", "fgsm", made_up_paths(images, lift, seed));
}

const CompareOptions quick{.replicates = 400};

TEST(PathComparison, FindsAShiftOfKnownSize) {
  const Population normal = made_up(80, 0.0, 1), changed = made_up(80, 0.05, 2), clean = made_up(80, 0.0, 2);
  const PathDistance output = compare_paths(normal, changed, clean, Side::output, quick);
  // The level's standard error is 0.02 sqrt(2/80) = 0.0032; four of them are allowed.
  EXPECT_NEAR(output.value, 0.05, 0.0126);
  EXPECT_TRUE(output.interval.contains(output.value));
  EXPECT_NEAR(output.bias, 0.0, 0.001);  // nothing is folded so far from 0; 400 draws leave 0.0032/20
  EXPECT_LT(output.p_value, 0.01);
  EXPECT_NEAR(output.paired, 0.05, 1e-12);  // the same images: level and noise cancel
  EXPECT_LT(output.paired_p_value, 0.01);
}

TEST(PathComparison, TwoSamplesOfOnePopulationLookAlike) {
  const Population normal = made_up(80, 0.0, 1), same = made_up(80, 0.0, 3);
  const PathDistance output = compare_paths(normal, same, same, Side::output, quick);
  EXPECT_GT(output.p_value, 0.05);
  EXPECT_EQ(output.paired, 0.0);
  EXPECT_EQ(output.paired_p_value, 1.0);
  EXPECT_GT(output.value,
            0.0);  // a mean of absolute values never vanishes: this is why there is a noise floor
  EXPECT_LT(output.value, noise_floor(normal, Side::output, quick).margin);
}

TEST(PathComparison, WherePathsDoNotDifferTheIntervalLiesAboveTheDistance) {
  const Population normal = made_up(80, 0.0, 1);
  const PathDistance output = compare_paths(normal, normal, normal, Side::output, quick);
  EXPECT_EQ(output.value, 0.0);
  EXPECT_GT(output.interval.low, output.value);
  // The draws of both sides scatter by 0.02/sqrt(80) each; the mean absolute value of their difference.
  EXPECT_NEAR(output.bias, 0.0032 * std::sqrt(2 / std::numbers::pi), 0.001);
}

TEST(PathComparison, OutputMinusInputSeesWhichSideMoved) {
  const Population normal = made_up(80, 0.0, 1), changed = made_up(80, 0.05, 2);
  const Measured contrast = output_minus_input(normal, changed, quick);
  EXPECT_NEAR(contrast.value, 0.05, 0.02);
  EXPECT_GT(contrast.interval->low, 0.0);
}

TEST(PathComparison, NoiseFloorIsThatOfHalfSamples) {
  const Population normal = made_up(100, 0.0, 1);
  const NoiseFloor floor = noise_floor(normal, Side::input, quick);
  // Levels dominate: the difference of two means of 50 has deviation 0.02 sqrt(2/50) = 0.004; the median of
  // its absolute value is 0.674 times that.
  EXPECT_NEAR(floor.median, 0.674 * 0.004, 0.0012);
  EXPECT_GT(floor.margin, 1.5 * floor.median);
}

TEST(PathComparison, PairsMustBePairs) {
  const Population normal = made_up(20, 0.0, 1);
  EXPECT_THROW(compare_paths(normal, made_up(10, 0, 2), made_up(9, 0, 2), Side::input, quick), Error);
}

TEST(PathComparison, PairedDifferenceIsTheChangeOfEachImage) {
  const Population changed = made_up(30, 0.05, 2), clean = made_up(30, 0.0, 2);
  const PairedDifference difference = paired_difference(changed, clean, Side::output);
  ASSERT_EQ(difference.mean.size(), static_cast<std::size_t>(layers));
  for (std::size_t k = 0; k < difference.mean.size(); ++k) {
    EXPECT_NEAR(difference.mean[k], 0.05, 1e-12);
    EXPECT_NEAR(difference.deviation[k], 0.0, 1e-12);
  }
}

}  // namespace
}  // namespace weir
