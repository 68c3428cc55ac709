#include "attacks/continuous_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::ElementsAre;

TEST(ContinuousBatch, AFinishedRowMakesRoomForTheNext) {
  ContinuousBatch batch(5, 3);
  EXPECT_THAT(batch.rows(), ElementsAre(0, 1, 2));
  EXPECT_EQ(batch.replace(1), 3);
  EXPECT_EQ(batch.replace(0), 4);
  EXPECT_THAT(batch.rows(), ElementsAre(4, 3, 2));
  EXPECT_THAT(batch.close_empty(), ElementsAre(0, 1, 2));
  EXPECT_EQ(batch.replace(1), -1);
  EXPECT_THAT(batch.close_empty(), ElementsAre(0, 2));
  EXPECT_THAT(batch.rows(), ElementsAre(4, 2));
  batch.replace(0);
  batch.replace(1);
  EXPECT_TRUE(batch.close_empty().empty());
  EXPECT_FALSE(batch.any());
  EXPECT_EQ(ContinuousBatch(2, 64).slots(), 2);
  EXPECT_FALSE(ContinuousBatch(0, 64).any());
}

}  // namespace
}  // namespace weir
