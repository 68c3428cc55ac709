/// Random orders: permutations, even, and the same for ever.
#include "data/shuffle.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <set>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

TEST(Shuffle, IsAPermutation) {
  for (const Index count : {0, 1, 2, 31, 1000}) {
    std::vector<Index> order = shuffled(count, {});
    std::sort(order.begin(), order.end());
    std::vector<Index> ascending(static_cast<std::size_t>(count));
    std::iota(ascending.begin(), ascending.end(), 0);
    EXPECT_EQ(order, ascending);
  }
}

TEST(Shuffle, MakesEveryOrderEquallyOften) {
  // 24 orders, 24,000 draws: chi-squared with 23 degrees of freedom is below 49.7 with probability 0.999.
  std::map<std::vector<Index>, int> counts;
  for (std::uint64_t seed = 0; seed < 24000; ++seed) ++counts[shuffled(4, {seed})];
  double chi_squared = 0;
  for (const auto& [order, count] : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_EQ(counts.size(), 24u);
  EXPECT_LT(chi_squared, 49.7);
}

TEST(Shuffle, AnEpochHasItsOwnOrderForEver) {
  EXPECT_EQ(epoch_order(100, 1, 2), epoch_order(100, 1, 2));
  std::set<std::vector<Index>> different;
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    for (Index epoch = 0; epoch < 5; ++epoch) different.insert(epoch_order(100, seed, epoch));
  EXPECT_EQ(different.size(), 25u);
  // Frozen: a changed order would silently change every trained network.
  EXPECT_THAT(epoch_order(10, 2018, 0), testing::ElementsAre(2, 8, 4, 9, 0, 7, 6, 5, 3, 1));
}

TEST(Sample, IsAscendingWithoutRepetitionAndEven) {
  std::vector<int> drawn(10);
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    const std::vector<Index> sample = sample_without_replacement(3, 10, {seed});
    ASSERT_EQ(sample.size(), 3u);
    ASSERT_TRUE(sample[0] < sample[1] && sample[1] < sample[2]);
    for (const Index i : sample) ++drawn[static_cast<std::size_t>(i)];
  }
  for (const int count : drawn)
    EXPECT_NEAR(count, 3000, 4.5 * 46);  // binomial, standard deviation sqrt(10000 * 0.3 * 0.7)
  EXPECT_EQ(sample_without_replacement(10, 10, {}).size(), 10u);
  EXPECT_EQ(diagnosis_of([] { sample_without_replacement(11, 10, {}); }).kind, ErrorKind::usage);
}

}  // namespace
}  // namespace weir
