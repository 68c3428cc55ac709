#include "optim/schedules.h"

#include <gtest/gtest.h>

#include "tensor/check.h"

namespace weir {
namespace {

constexpr OneCycle cycle{.peak = 2, .warm_up = 0.2, .start_fraction = 0.1, .end_fraction = 0.05};

TEST(OneCycle, ClimbsToThePeakAndFallsToTheEnd) {
  EXPECT_DOUBLE_EQ(learning_rate(cycle, 0, 100), 0.2);    // 0.1 of the peak
  EXPECT_DOUBLE_EQ(learning_rate(cycle, 10, 100), 1.1);   // half way up
  EXPECT_DOUBLE_EQ(learning_rate(cycle, 20, 100), 2);     // the summit, after 20 of 100 steps
  EXPECT_DOUBLE_EQ(learning_rate(cycle, 60, 100), 1.05);  // half way down
  EXPECT_NEAR(learning_rate(cycle, 99, 100), 0.1 + (2 - 0.1) / 80, 1e-12);
}

TEST(OneCycle, IsOneStraightLineOnEachSide) {
  for (Index step = 1; step < 19; ++step)
    EXPECT_NEAR(learning_rate(cycle, step + 1, 100) - learning_rate(cycle, step, 100), 0.09, 1e-12);
  for (Index step = 20; step < 98; ++step)
    EXPECT_NEAR(learning_rate(cycle, step + 1, 100) - learning_rate(cycle, step, 100), -1.9 / 80, 1e-12);
}

TEST(OneCycle, WithoutWarmUpStartsAtThePeak) {
  EXPECT_DOUBLE_EQ(learning_rate({.peak = 3, .warm_up = 0}, 0, 10), 3);
}

TEST(OneCycle, RefusesStepsOutsideTheRun) {
  EXPECT_THROW(learning_rate(cycle, -1, 100), Error);
  EXPECT_THROW(learning_rate(cycle, 100, 100), Error);
}

}  // namespace
}  // namespace weir
