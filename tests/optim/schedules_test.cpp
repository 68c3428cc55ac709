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
  EXPECT_DOUBLE_EQ(learning_rate(OneCycle{.peak = 3, .warm_up = 0}, 0, 10), 3);
}

TEST(CosineDescent, FallsAlongHalfACosine) {
  const CosineDescent cosine{.peak = 2, .end_fraction = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 0, 100), 2);
  EXPECT_NEAR(learning_rate(cosine, 50, 100), 1.1, 1e-12);  // half way between 2 and 0.2
  // cos(pi / 3) = 1/2 and cos(2 pi / 3) = -1/2: a quarter and three quarters of the way.
  EXPECT_NEAR(learning_rate(cosine, 1, 3), 2 - 0.25 * 1.8, 1e-12);
  EXPECT_NEAR(learning_rate(cosine, 2, 3), 2 - 0.75 * 1.8, 1e-12);
}

TEST(CosineDescent, ClimbsFirstWhereAsked) {
  const CosineDescent cosine{.peak = 2, .warm_up = 0.2, .start_fraction = 0.1, .end_fraction = 0};
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 0, 100), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 10, 100), 1.1);
  EXPECT_DOUBLE_EQ(learning_rate(cosine, 20, 100), 2);
  EXPECT_NEAR(learning_rate(cosine, 60, 100), 1, 1e-12);
}

TEST(StepDescent, DropsAtTheNamedPartsOfTheRun) {
  const StepDescent steps{.peak = 8, .drops = {0.5, 0.75}, .factor = 0.25};
  EXPECT_EQ(learning_rate(steps, 49, 100), 8);
  EXPECT_EQ(learning_rate(steps, 50, 100), 2);
  EXPECT_EQ(learning_rate(steps, 74, 100), 2);
  EXPECT_EQ(learning_rate(steps, 75, 100), 0.5);
  EXPECT_EQ(learning_rate(StepDescent{.peak = 8, .drops = {}}, 99, 100), 8);
}

TEST(StepDescent, RoundsAPartToTheNearestStep) {
  // In floating point 0.29 * 100 lies below 29 and 0.07 * 100 above 7.
  const StepDescent steps{.peak = 1, .drops = {0.07, 0.29}, .factor = 0.5};
  EXPECT_EQ(learning_rate(steps, 7, 100), 0.5);
  EXPECT_EQ(learning_rate(steps, 28, 100), 0.5);
  EXPECT_EQ(learning_rate(steps, 29, 100), 0.25);
}

TEST(Schedules, RefuseStepsOutsideTheRun) {
  for (const Schedule& schedule : {Schedule(cycle), Schedule(StepDescent{}), Schedule(CosineDescent{})}) {
    EXPECT_THROW(learning_rate(schedule, -1, 100), Error);
    EXPECT_THROW(learning_rate(schedule, 100, 100), Error);
  }
}

}  // namespace
}  // namespace weir
