#include "infoflow/downsample.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

#include "tensor/check.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

template <class Value>
std::vector<Value> downsampled(const std::vector<Value>& map, const SizeChange& change) {
  std::vector<Value> result(static_cast<std::size_t>(change.to.area()));
  downsample(std::span<const Value>(map), change, std::span<Value>(result));
  return result;
}

std::vector<float> counting(Index n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

TEST(Downsample, WindowsOfTwo) {
  const auto map = counting(16);
  EXPECT_THAT(downsampled(map, {{4, 4}, {2, 2}, Downsample::max}), ElementsAre(5, 7, 13, 15));
  EXPECT_THAT(downsampled(map, {{4, 4}, {2, 2}, Downsample::average}), ElementsAre(2.5, 4.5, 10.5, 12.5));
  EXPECT_THAT(downsampled(map, {{4, 4}, {2, 2}, Downsample::nearest}), ElementsAre(5, 7, 13, 15));
}

TEST(Downsample, SizesThatDoNotDivideUseOverlappingWindows) {
  // Rows and columns 0-1, 1-3, 3-4 of five.
  EXPECT_THAT(downsampled(counting(25), {{5, 5}, {3, 3}, Downsample::max}),
              ElementsAre(6, 8, 9, 16, 18, 19, 21, 23, 24));
}

TEST(Downsample, HeightAndWidthAreIndependent) {
  EXPECT_THAT(downsampled(counting(8), {{2, 4}, {1, 4}, Downsample::max}), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(downsampled(counting(8), {{4, 2}, {4, 1}, Downsample::max}), ElementsAre(1, 3, 5, 7));
}

TEST(Downsample, TheSameSizeIsACopy) {
  for (const auto rule : {Downsample::max, Downsample::average, Downsample::nearest})
    EXPECT_THAT(downsampled(counting(12), {{3, 4}, {3, 4}, rule}), ElementsAreArray(counting(12)));
}

TEST(Downsample, MaxOfMaxIsMax) {
  const SampleMaps maps = sample_maps(1, {32, 32}, Rng{5}, Rectify::no);
  const auto half = downsampled(maps.values, {{32, 32}, {16, 16}, Downsample::max});
  EXPECT_EQ(downsampled(half, {{16, 16}, {8, 8}, Downsample::max}),
            downsampled(maps.values, {{32, 32}, {8, 8}, Downsample::max}));
}

TEST(Downsample, FastWindowsAgreeWithTheDefinition) {
  const SampleMaps maps = sample_maps(1, {32, 32}, Rng{6}, Rectify::no);
  for (const Index side : {1, 2, 4, 8, 16}) {
    const auto found = downsampled(maps.values, {{32, 32}, {side, side}, Downsample::max});
    const Index window = 32 / side;
    for (Index p = 0; p < 1024; ++p) {
      const Index cell = p / 32 / window * side + p % 32 / window;
      EXPECT_LE(maps.values[static_cast<std::size_t>(p)], found[static_cast<std::size_t>(cell)]);
    }
    for (Index cell = 0; cell < side * side; ++cell) {
      const auto value = found[static_cast<std::size_t>(cell)];
      const auto at = std::find(maps.values.begin(), maps.values.end(), value) - maps.values.begin();
      EXPECT_EQ(at / 32 / window * side + at % 32 / window, cell) << side;
    }
  }
}

TEST(Downsample, TheAverageOfSymbolsIsRoundedHalvesUp) {
  const std::vector<std::uint8_t> symbols = {1, 2, 3, 3, 8, 8, 8, 8, 0, 0, 0, 1};
  EXPECT_THAT(downsampled(symbols, {{1, 12}, {1, 3}, Downsample::average}), ElementsAre(2, 8, 0));
  EXPECT_THAT(downsampled(std::vector<std::uint8_t>{1, 2}, {{1, 2}, {1, 1}, Downsample::average}),
              ElementsAre(2));
}

TEST(Downsample, GrowingIsRefused) {
  EXPECT_THROW(downsampled(counting(4), {{2, 2}, {3, 2}, Downsample::max}), Error);
  EXPECT_THROW(downsampled(counting(4), {{2, 2}, {0, 2}, Downsample::max}), Error);
}

}  // namespace
}  // namespace weir
