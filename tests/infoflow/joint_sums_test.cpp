#include "infoflow/joint_sums.h"

#include <gtest/gtest.h>
#include <tuple>

#include "infoflow/mutual_information.h"
#include "tensor/check.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {
namespace {

using Sums = std::vector<std::int64_t>;

Sums counted(const SymbolMaps& rows, const SymbolMaps& columns, CountMethod method, Estimator estimator) {
  const CellTable table = cell_table(rows.size.area(), estimator);
  return information_sums(countable(rows, table, method, CountedAs::rows),
                          countable(columns, table, method, CountedAs::columns), table, method);
}

using Case = std::tuple<MapSize, int>;

/// Sizes around every boundary of the three ways: a byte, a word, a block of 64 columns; 2 to 64 symbols.
class EveryWayOfCounting : public ::testing::TestWithParam<Case> {
 protected:
  MapSize size() const { return std::get<0>(GetParam()); }
  int symbols() const { return std::get<1>(GetParam()); }
};

TEST_P(EveryWayOfCounting, GivesTheSameBits) {
  for (const Index columns : {1, 3, 8, 30}) {
    const SymbolMaps a = sample_symbols(9, size(), symbols(), Rng{1}),
                     b = sample_symbols(columns, size(), symbols(), Rng{2});
    for (const auto estimator : {Estimator::plug_in, Estimator::miller_madow}) {
      const Sums expected = counted(a, b, CountMethod::histogram, estimator);
      EXPECT_EQ(counted(a, b, CountMethod::popcount, estimator), expected);
      if (avx512::available()) {
        EXPECT_EQ(counted(a, b, CountMethod::avx512, estimator), expected);
      }
      EXPECT_EQ(counted(a, b, resolved(CountMethod::automatic), estimator), expected);
    }
  }
}

TEST_P(EveryWayOfCounting, IsTheSumOverPairs) {
  const SymbolMaps a = sample_symbols(8, size(), symbols(), Rng{3}),
                   b = sample_symbols(5, size(), symbols(), Rng{4});
  const auto n = static_cast<double>(size().area());
  const Sums sums = counted(a, b, CountMethod::popcount, Estimator::miller_madow);
  for (Index i = 0; i < a.channels; ++i) {
    double expected = 0;
    for (Index j = 0; j < b.channels; ++j)
      expected += mutual_information(a.map(i), b.map(j), Estimator::miller_madow);
    EXPECT_NEAR(static_cast<double>(sums[static_cast<std::size_t>(i)]) / n / (1 << cell_scale_bits), expected,
                1e-12 * (1 + expected));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EveryWayOfCounting,
                         ::testing::Combine(::testing::Values(MapSize{1, 1}, MapSize{2, 2}, MapSize{1, 7},
                                                              MapSize{3, 3}, MapSize{4, 4}, MapSize{7, 9},
                                                              MapSize{8, 8}, MapSize{5, 13}, MapSize{16, 16},
                                                              MapSize{15, 17}, MapSize{32, 32}),
                                            ::testing::Values(2, 9, 64)));

// A layer wider than any of ours whose cells are all as full as they can be: byte counters are emptied in
// time.
TEST(JointSums, WideLayersDoNotOverflow) {
  SymbolMaps maps{.channels = 4096, .size = {8, 8}, .symbols = 2};
  for (Index i = 0; i < maps.channels * 64; ++i) maps.values.push_back(i % 64 == 0 ? 0 : 1);
  const SymbolMaps row{
      .channels = 1, .size = {8, 8}, .symbols = 2, .values = {maps.values.begin(), maps.values.begin() + 64}};
  const Sums expected = counted(row, maps, CountMethod::histogram, Estimator::plug_in);
  EXPECT_EQ(counted(row, maps, CountMethod::popcount, Estimator::plug_in), expected);
  if (avx512::available()) {
    EXPECT_EQ(counted(row, maps, CountMethod::avx512, Estimator::plug_in), expected);
  }
}

TEST(JointSums, ConstantMapsAddExactlyNothing) {
  SymbolMaps a = sample_symbols(3, {8, 8}, 9, Rng{1});
  const SymbolMaps constant{
      .channels = 2, .size = {8, 8}, .symbols = 9, .values = std::vector<std::uint8_t>(128, 4)};
  for (const auto method :
       {CountMethod::histogram, CountMethod::popcount, resolved(CountMethod::automatic)}) {
    EXPECT_EQ(counted(a, constant, method, Estimator::plug_in), (Sums{0, 0, 0}));
    EXPECT_EQ(counted(constant, a, method, Estimator::miller_madow), (Sums{0, 0}));
  }
}

TEST(JointSums, MapsOfTwoSizesAreRefused) {
  const SymbolMaps a = sample_symbols(1, {2, 8}, 9, Rng{1}), b = sample_symbols(1, {4, 4}, 9, Rng{2});
  EXPECT_THROW(counted(a, b, CountMethod::popcount, Estimator::plug_in), Error);
}

TEST(JointSums, AutomaticIsAMethodOfThisMachine) {
  EXPECT_NE(resolved(CountMethod::automatic), CountMethod::automatic);
  if (!avx512::available()) {
    EXPECT_THROW(resolved(CountMethod::avx512), Error);
  }
}

TEST(Masks, HoldEachOccupiedSymbolOnceAndKnowConstantMaps) {
  const SymbolMaps maps{
      .channels = 2, .size = {1, 6}, .symbols = 4, .values = {0, 3, 3, 0, 0, 1, 2, 2, 2, 2, 2, 2}};
  for (const auto method : {CountMethod::popcount, resolved(CountMethod::automatic)}) {
    const Masks all = masks_of(maps, 1, method), frequent = masks_of(maps, 2, method);
    EXPECT_EQ(all.bits, (std::vector<std::uint64_t>{0b011001, 0b100000, 0b000110}));
    EXPECT_EQ(all.counts, (std::vector<Index>{3, 1, 2}));
    EXPECT_EQ(all.first, (std::vector<Index>{0, 3, 3}));
    EXPECT_EQ(all.occupied_symbols, (std::vector<int>{3, 1}));
    EXPECT_FALSE(all.constant(0));
    EXPECT_TRUE(all.constant(1));
    EXPECT_EQ(frequent.bits, (std::vector<std::uint64_t>{0b011001, 0b000110}));
    EXPECT_EQ(frequent.occupied_symbols, all.occupied_symbols);
  }
}

}  // namespace
}  // namespace weir
