#include "infoflow/bucketize.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "tensor/check.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using Symbols = std::vector<std::uint8_t>;

Symbols symbols(const std::vector<float>& values, ValueRange range, BucketRule rule = {}) {
  Symbols result(values.size());
  bucketize(values, range, rule, result);
  return result;
}

Symbols symbols(const std::vector<float>& values, BucketRule rule = {}) {
  return symbols(values, finite_range(values), rule);
}

/// The definition, one value at a time.
int defined_symbol(float v, ValueRange range, BucketRule rule) {
  const double b = rule.buckets;
  const double t = b * (static_cast<double>(v) - static_cast<double>(range.low)) /
                   (static_cast<double>(range.high) - static_cast<double>(range.low));
  if (rule.zero_bucket == ZeroBucket::floor)
    return static_cast<int>(std::min(std::max(std::floor(t), 0.0), b - 1));
  const int symbol = static_cast<int>(std::min(std::max(std::ceil(t), 0.0), b));
  return rule.zero_bucket == ZeroBucket::clamp_to_one ? std::max(symbol, 1) : symbol;
}

TEST(Bucketize, OnlyTheLeastValueGetsZeroAndTheGreatestGetsB) {
  EXPECT_THAT(symbols({0, 1, 2, 3, 4, 5, 6, 7, 8}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(symbols({0, 0.001f, 1.001f, 7.999f, 8}), ElementsAre(0, 1, 2, 8, 8));
}

TEST(Bucketize, TheThreeReadingsOfBucketZero) {
  const std::vector<float> values = {0, 0.5f, 1, 1.5f, 7.5f, 8};
  EXPECT_THAT(symbols(values, {8, ZeroBucket::keep}), ElementsAre(0, 1, 1, 2, 8, 8));
  EXPECT_THAT(symbols(values, {8, ZeroBucket::clamp_to_one}), ElementsAre(1, 1, 1, 2, 8, 8));
  EXPECT_THAT(symbols(values, {8, ZeroBucket::floor}), ElementsAre(0, 0, 1, 1, 7, 7));
}

TEST(Bucketize, AConstantMapHasOneSymbol) {
  EXPECT_THAT(symbols(std::vector<float>(70, 3.5f)), Each(0));
  EXPECT_THAT(symbols(std::vector<float>(70, 3.5f), {8, ZeroBucket::clamp_to_one}), Each(1));
  EXPECT_THAT(symbols({-0.0f, 0.0f}), Each(0));
}

TEST(Bucketize, ValuesOutsideAFixedRangeFallIntoTheEndBuckets) {
  EXPECT_THAT(symbols({-5, 0, 0.5f, 1, 5}, {0, 1}), ElementsAre(0, 0, 4, 8, 8));
  EXPECT_THAT(symbols({-5, 5}, {0, 1}, {8, ZeroBucket::floor}), ElementsAre(0, 7));
}

// Pixels are compared with a map's few edges; that must give what the division of the definition gives,
// everywhere.
TEST(Bucketize, EveryBucketsEdgeFallsAsTheDivisionSays) {
  const Rng rng{11};
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    const float low = static_cast<float>(random_normal(rng, 2 * trial));
    const float high = low + std::exp(3 * static_cast<float>(random_normal(rng, 2 * trial + 1)));
    for (const int buckets : {1, 3, 7, 8, 63}) {
      std::vector<float> values = {low, high};
      for (int b = 0; b <= buckets; ++b) {
        float edge = low + (high - low) * static_cast<float>(b) / static_cast<float>(buckets);
        for (int i = 0; i < 3; ++i) edge = std::nextafter(edge, low);
        for (int i = 0; i < 7; ++i, edge = std::nextafter(edge, high))
          values.push_back(std::clamp(edge, low, high));
      }
      for (const auto zero : {ZeroBucket::keep, ZeroBucket::clamp_to_one, ZeroBucket::floor}) {
        const Symbols found = symbols(values, {low, high}, {buckets, zero});
        for (std::size_t i = 0; i < values.size(); ++i)
          ASSERT_EQ(found[i], defined_symbol(values[i], {low, high}, {buckets, zero}))
              << values[i] << " in " << low << ' ' << high;
      }
    }
  }
}

TEST(Bucketize, ExtremeRangesNeitherOverflowNorVanish) {
  constexpr float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  EXPECT_THAT(symbols({-most, 0, most}), ElementsAre(0, 4, 8));
  EXPECT_THAT(symbols({0, least, 2 * least}), ElementsAre(0, 4, 8));
  EXPECT_THAT(symbols({1, std::nextafter(1.0f, 2.0f)}), ElementsAre(0, 8));
}

TEST(Bucketize, SymbolsDoNotChangeUnderAnAffineMapWithExactArithmetic) {
  const SampleMaps maps = sample_maps(1, {16, 16}, Rng{3});
  std::vector<float> moved = maps.values;
  for (float& v : moved) v = 4 * v;  // a power of two: exact, so not one value may change its bucket
  EXPECT_EQ(symbols(maps.values), symbols(moved));
}

TEST(Bucketize, BucketsOutOfRangeAreRefused) {
  EXPECT_THROW(symbols({0, 1}, BucketRule{0}), Error);
  EXPECT_THROW(symbols({0, 1}, BucketRule{64}), Error);
}

TEST(FiniteRange, FindsTheEndsWhereverTheyAre) {
  for (const std::size_t n : {1u, 2u, 15u, 16u, 17u, 255u, 1024u}) {
    std::vector<float> values(n, 0.5f);
    values[n / 3] = -2;
    values[n - 1] = 3;
    const ValueRange range = finite_range(values);
    EXPECT_EQ(range.low, n == 1 ? 3 : -2) << n;
    EXPECT_EQ(range.high, 3) << n;
  }
}

TEST(FiniteRange, NaNAndInfinityAreErrorsWhereverTheyAre) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, -nan, infinity, -infinity})
    for (const std::size_t at : {0u, 7u, 99u}) {
      std::vector<float> values(100, 1.0f);
      values[at] = bad;
      try {
        finite_range(values);
        ADD_FAILURE() << bad << " at " << at << " passed";
      } catch (const Error& error) {
        EXPECT_EQ(error.diagnosis().kind, ErrorKind::numerical);
        EXPECT_THAT(error.what(), ::testing::HasSubstr(fmt::format("pixel {} of 100", at)));
      }
    }
}

TEST(RobustRange, LeavesOneInAHundredOutAtEachEnd) {
  std::vector<float> values;
  for (int i = 0; i < 1024; ++i) values.push_back(static_cast<float>((i * 389) % 1024));
  const ValueRange range = robust_range(values);
  EXPECT_EQ(range.low, 10);
  EXPECT_EQ(range.high, 1013);
  EXPECT_EQ(robust_range(std::vector<float>{4, 1, 9}).low, 1);
}

}  // namespace
}  // namespace weir
