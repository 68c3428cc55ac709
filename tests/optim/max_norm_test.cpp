#include "optim/max_norm.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>

#include "tests/optim/gradients_of.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

TEST(MaxNorm, ShortensLongUnitsAndLeavesTheOthersAlone) {
  Parameter weight = parameter_of("fc1.weight", {3, 4, 0.3f, 0.4f, 0, -2}, {3, 2});
  const std::vector<Parameter*> parameters = {&weight};
  limit_unit_norms(parameters, 2);
  EXPECT_THAT(weight.value.to_host(),
              ElementsAre(FloatEq(1.2f), FloatEq(1.6f), 0.3f, 0.4f, 0.0f, -2.0f));  // norms 5, 0.5 and 2
}

TEST(MaxNorm, OfAConvolutionBoundsAWholeFilter) {
  std::vector<float> ones(2 * 3 * 9, 1.0f);
  std::fill(ones.begin() + 27, ones.end(), 0.1f);
  Parameter weight = parameter_of("conv1.weight", ones, {2, 3, 3, 3});
  const std::vector<Parameter*> parameters = {&weight};
  limit_unit_norms(parameters, 3);
  const std::vector<float> limited = weight.value.to_host();
  for (std::size_t i = 0; i < 27; ++i) EXPECT_FLOAT_EQ(limited[i], static_cast<float>(3 / std::sqrt(27.0)));
  for (std::size_t i = 27; i < 54; ++i) EXPECT_EQ(limited[i], 0.1f);
}

TEST(MaxNorm, LeavesVectorsAndOtherHoldersAlone) {
  Parameter bias = parameter_of("fc1.bias", {10, 10}, {2}), weight = parameter_of("w", {10}, {1, 1});
  const Tensor before = weight.value;
  const std::vector<Parameter*> parameters = {&bias, &weight};
  limit_unit_norms(parameters, 1);
  EXPECT_THAT(bias.value.to_host(), ElementsAre(10, 10));
  EXPECT_THAT(weight.value.to_host(), ElementsAre(1.0f));
  EXPECT_THAT(before.to_host(), ElementsAre(10.0f));
}

class MaxNormOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, MaxNormOn, testing::ValuesIn(other_device_names()), device_test_name);

TEST_P(MaxNormOn, GivesTheBitsOfTheReference) {
  std::vector<float> values(17 * 33);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 13) - 6;
  Parameter here{"w", Tensor::from_host(std::span<const float>(values), {17, 33}, device())};
  Parameter there = parameter_of("w", values, {17, 33});
  const std::vector<Parameter*> parameters = {&here, &there};
  limit_unit_norms(parameters, 4);
  EXPECT_EQ(here.value.to_host(), there.value.to_host());
  EXPECT_NE(here.value.to_host(), values);
}

TEST(MaxNorm, RefusesABoundThatIsNone) { EXPECT_THROW(limit_unit_norms({}, 0), Error); }

}  // namespace
}  // namespace weir
