#include "infoflow/cell_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>

#include "tensor/check.h"

namespace weir {
namespace {

std::uint64_t checksum(const std::vector<std::int64_t>& table) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a over whole entries
  for (const std::int64_t entry : table) hash = (hash ^ static_cast<std::uint64_t>(entry)) * 0x100000001b3;
  return hash;
}

// Both checksums and the entries were computed with sixty decimal digits, apart from this program.
TEST(CellTable, EntriesAreTheCorrectlyRoundedOnesOnEveryMachine) {
  const std::vector<std::int64_t> table = n_log_n_table(1024);
  EXPECT_EQ(table[0], 0);
  EXPECT_EQ(table[1], 0);
  EXPECT_EQ(table[2], 372130559);
  EXPECT_EQ(table[9], 5308316832);
  EXPECT_EQ(table[1024], 1905308461965);
  EXPECT_EQ(checksum(table), 0xb000deed5bf590ac);
  EXPECT_EQ(checksum(n_log_n_table(65536)), 0x15905bd2988cf329);
}

TEST(CellTable, AShorterTableIsTheBeginningOfALongerOne) {
  const std::vector<std::int64_t> longer = n_log_n_table(2000);
  for (const Index largest : {0, 1, 63, 64, 1024, 1025}) {
    const std::vector<std::int64_t> table = n_log_n_table(largest);
    ASSERT_EQ(std::ssize(table), largest + 1);
    EXPECT_TRUE(std::equal(table.begin(), table.end(), longer.begin())) << largest;
  }
}

TEST(CellTable, MapsBeyondTheTableAreRefused) {
  EXPECT_THROW(n_log_n_table(65537), Error);
  EXPECT_THROW(n_log_n_table(-1), Error);
}

TEST(CellTable, MillerMadowTakesHalfAUnitOffEachOccupiedCell) {
  const CellTable plain = cell_table(64, Estimator::plug_in),
                  corrected = cell_table(64, Estimator::miller_madow);
  EXPECT_EQ(corrected[0], 0);
  for (Index c = 1; c <= 64; ++c) EXPECT_EQ(plain[c] - corrected[c], std::int64_t{1} << 27) << c;
  EXPECT_EQ(plain.least_count, 2);
  EXPECT_EQ(corrected.least_count, 1);
}

}  // namespace
}  // namespace weir
