#include "attacks/region.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/lockstep.h"
#include "attacks/row_moves.h"
#include "attacks/row_scan.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

using testing::ElementsAre;

std::vector<Rng> generators(Index rows) {
  std::vector<Rng> rngs;
  for (Index row = 0; row < rows; ++row) rngs.push_back(Rng{}.split(static_cast<std::uint64_t>(row)));
  return rngs;
}

class RegionOn : public testing::TestWithParam<std::string>, public DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor images(const Values& values, Index rows) {
    return tensor_of(values, {rows, 1, 1, static_cast<Index>(values.size()) / rows}, device());
  }
  Region l2(const Values& values, Index rows, double radius) {
    return {images(values, rows), {PixelNorm::l2, radius}, {-1, 1}};
  }
};

TEST_P(RegionOn, ALongWayInL2IsPulledBackAlongItsLine) {
  const Region region = l2({0, 0, 0.25, 0.25}, 2, 0.5);
  const Values found = region.project(images({0.6, -0.8, 0.25, 0.5}, 2)).to_host_double();
  EXPECT_TRUE(within(found, {0.3, -0.4, 0.25, 0.5}, {1e-6, 1e-6, 0, 0})) << "the second row was inside";
}

TEST_P(RegionOn, AnL2BallEndsAtThePixelRange) {
  const Region region = l2({0.9, 0}, 1, 0.5);
  const Values found = region.project(images({1.9, 0}, 1)).to_host_double();
  EXPECT_THAT(found, ElementsAre(1, 0));
}

TEST_P(RegionOn, AStepInL2HasTheLengthItWasGiven) {
  const Region region = l2({0, 0, 0, 0, 0, 0}, 3, 1);
  const double nan = std::nan("");
  const Tensor x = images({0, 0, 0.125, 0, 0.25, 0}, 3), gradient = images({3e-20, -4e-20, 0, 0, nan, 1}, 3);
  const Values found = region.step(x, gradient, Values{0.5, 0.5, 0.5}).to_host_double();
  EXPECT_TRUE(within(found, {0.3, -0.4, 0.125, 0, 0.25, 0}, {1e-6, 1e-6, 0, 0, 0, 0}))
      << "without a direction, or with a broken one, a row stands still";
}

TEST_P(RegionOn, AStepInLinfIsThatOfTheBox) {
  const Values start = floats(60, {-1, 1}, {1}), slopes = floats(60, {-1, 1}, {2});
  Tensor x = images(start, 2);
  const Tensor gradient = images(slopes, 2);
  const Region region(x, {PixelNorm::linf, 0.1}, {-1, 1});
  const Tensor stepped = region.step(x, gradient, Values{0.3, 0.3});
  step_inside(x, gradient, 0.3, linf_box(x, 0.1, {-1, 1}));
  EXPECT_TRUE(same_bits(stepped, x));
}

TEST_P(RegionOn, EachRowHasAStepOfItsOwn) {
  const Region region(images({0, 0}, 2), {PixelNorm::linf, 1}, {-1, 1});
  EXPECT_THAT(region.step(images({0, 0}, 2), images({1, 1}, 2), Values{0.25, 0.5}).to_host_double(),
              ElementsAre(0.25, 0.5));
}

TEST_P(RegionOn, RandomPointsFillTheBox) {
  const Index rows = 2000;
  const Region region(images(Values(2 * rows, 0), rows), {PixelNorm::linf, 0.5}, {-1, 1});
  const Values points = region.random_points(generators(rows)).to_host_double();
  Index quarter = 0;
  double sum = 0;
  for (const double p : points) {
    EXPECT_LE(std::abs(p), 0.5);
    quarter += std::abs(p) < 0.125;
    sum += p;
  }
  // 4000 numbers: the share of 1/4 has deviation 0.007, the mean 0.29/63 = 0.005
  EXPECT_NEAR(static_cast<double>(quarter) / 4000, 0.25, 0.03);
  EXPECT_NEAR(sum / 4000, 0, 0.02);
}

TEST_P(RegionOn, RandomPointsFillTheL2Ball) {
  const Index rows = 4000;
  const Region region = l2(Values(2 * rows, 0), rows, 0.5);
  const Tensor points = region.random_points(generators(rows));
  Index inner = 0;
  for (const double norm : row_norms(points, PixelNorm::l2)) {
    EXPECT_LE(norm, 0.5);
    inner += norm < 0.25;
  }
  // in the plane a quarter of the area lies within half the radius; 4000 rows: deviation 0.007
  EXPECT_NEAR(static_cast<double>(inner) / 4000, 0.25, 0.03);
  double sum = 0;
  for (const double p : points.to_host_double()) sum += p;
  EXPECT_NEAR(sum / 8000, 0, 0.02);
}

TEST_P(RegionOn, ARandomPointIsThatOfItsGeneratorAlone) {
  for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
    Region region(images(floats(40, {-1, 1}, {3}), 4), {norm, 0.3}, {-1, 1});
    const Tensor all = region.random_points(generators(4));
    region.keep(std::vector<Index>{2});
    EXPECT_TRUE(same_bits(region.random_points({{generators(4)[2]}}), all.batch_slice(2, 1)));
  }
}

TEST_P(RegionOn, SumsOfRowsAreInDouble) {
  const Tensor x = images({3e-30, -4e-30, 0, 0, 3e30, 4e30}, 3);
  EXPECT_TRUE(within(row_norms(x, PixelNorm::l2), {5e-30, 0, 5e30}, {1e-36, 0, 1e24}));
  EXPECT_TRUE(within(row_norms(x, PixelNorm::l1), {7e-30, 0, 7e30}, {1e-36, 0, 1e24}));
}

TEST_P(RegionOn, RowsAreOverwrittenWhereAsked) {
  Tensor into = images({1, 2, 3, 4, 5, 6}, 3);
  const Tensor before = into;
  overwrite_rows(into, images({-1, -2, -3, -4, -5, -6}, 3), {true, false, true});
  EXPECT_THAT(into.to_host_double(), ElementsAre(-1, -2, 3, 4, -5, -6));
  EXPECT_THAT(before.to_host_double(), ElementsAre(1, 2, 3, 4, 5, 6)) << "a copy sees no copy change";
}

INSTANTIATE_TEST_SUITE_P(Devices, RegionOn, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
