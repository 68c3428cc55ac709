#include "attacks/geometry.h"

#include <cmath>
#include <gtest/gtest.h>

#include "tensor/check.h"
#include "tests/support/approx.h"

namespace weir {
namespace {

TEST(Geometry, EveryNormOfAKnownChange) {
  const Values x = {3, 0, -4, 0}, moved = {3, 0.75, -5, 0};
  const Distortion d = measure(x, moved, {.channels = 2});
  EXPECT_EQ(d.l0_features, 2);
  EXPECT_EQ(d.l1, 1.75);
  EXPECT_EQ(d.l2, 1.25);
  EXPECT_EQ(d.linf, 1);
  EXPECT_EQ(d.relative_l0, 1);
  EXPECT_EQ(d.relative_l1, 0.25);
  EXPECT_EQ(d.relative_l2, 0.25);
  EXPECT_EQ(d.relative_linf, 0.25);
}

TEST(Geometry, APixelIsOnePlaceInAllChannels) {
  const Values x(12);  // 3 channels of 4 pixels
  Values moved = x;
  moved[1] = moved[5] = moved[9] = 1;
  EXPECT_EQ(measure(x, moved, {.channels = 3}).l0_pixels, 1);
  moved[3] = 1;
  EXPECT_EQ(measure(x, moved, {.channels = 3}).l0_pixels, 2);
  EXPECT_EQ(measure(x, moved, {.channels = 3}).l0_features, 4);
  EXPECT_EQ(measure(x, moved, {.channels = 12}).l0_pixels, 1);
}

TEST(Geometry, CountsExactlyAndWithTolerance) {
  const Values x = {0, 0, 0, 0}, moved = {1e-30, 1e-7, 3e-6, -3e-6};
  const Distortion d = measure(x, moved, {.tolerance = 2e-6});
  EXPECT_EQ(d.l0_features, 4);
  EXPECT_EQ(d.l0_tolerant, 2);
}

TEST(Geometry, NoChangeIsNoChangeRelativeToAnything) {
  const Values zeros(6), ones(6, 1);
  const Distortion none = measure(zeros, zeros, {});
  EXPECT_EQ(none.relative_l2, 0);
  EXPECT_EQ(none.relative_l0, 0);
  EXPECT_EQ(measure(ones, ones, {}).linf, 0);
  EXPECT_EQ(measure(zeros, ones, {}).relative_l1, INFINITY);
}

TEST(Geometry, ANaNIsNotLost) {
  const Values x = {0, 0, 0}, moved = {1, std::nan(""), 2};
  const Distortion d = measure(x, moved, {});
  EXPECT_TRUE(std::isnan(d.linf));
  EXPECT_TRUE(std::isnan(d.l2));
}

TEST(Geometry, RefusesImagesThatDoNotMatch) {
  EXPECT_THROW(measure(Values(4), Values(3), {}), Error);
  EXPECT_THROW(measure(Values(4), Values(4), {.channels = 3}), Error);
  EXPECT_THROW(measure(Values(4), Values(4), {.channels = 0}), Error);
}

}  // namespace
}  // namespace weir
