#include "optim/gradient_norm.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tests/optim/gradients_of.h"

namespace weir {
namespace {

TEST(GradientNorm, RunsOverAllParameters) {
  Parameter a = parameter_of("a", {0, 0}, {2}), b = parameter_of("b", {0}, {1});
  const std::vector<Parameter*> parameters = {&a, &b};
  const GradientNorm norm = gradient_norm(parameters, gradients_of({{&a, {3, 4}}, {&b, {12}}}));
  EXPECT_DOUBLE_EQ(norm.norm, 13);
  EXPECT_EQ(norm.first_bad, "");
}

TEST(GradientNorm, CoversArraysThatFillNoWholeNumberOfRows) {
  for (const Index count : {1, 4095, 4096, 4097, 8192, 10000}) {
    Parameter a{"a", Tensor::zeros({count}, Device::reference())};
    const std::vector<Parameter*> parameters = {&a};
    const std::vector<float> twos(static_cast<std::size_t>(count), 2.0f);
    EXPECT_DOUBLE_EQ(gradient_norm(parameters, gradients_of({{&a, twos}})).norm,
                     std::sqrt(4.0 * static_cast<double>(count)));
  }
}

TEST(GradientNorm, NamesTheFirstParameterThatIsNotFinite) {
  Parameter a = parameter_of("a", {0}, {1}), b = parameter_of("b", {0}, {1}), c = parameter_of("c", {0}, {1});
  const std::vector<Parameter*> parameters = {&a, &b, &c};
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(gradient_norm(parameters, gradients_of({{&a, {1}}, {&b, {nan}}, {&c, {infinity}}})).first_bad,
            "b");
  EXPECT_EQ(gradient_norm(parameters, gradients_of({{&a, {1}}, {&b, {2}}, {&c, {-infinity}}})).first_bad,
            "c");
}

TEST(ClippingFactor, BoundsTheNormAndLeavesShortGradientsAlone) {
  EXPECT_DOUBLE_EQ(clipping_factor(4, 1), 0.25);
  EXPECT_DOUBLE_EQ(clipping_factor(0.5, 1), 1);
  EXPECT_DOUBLE_EQ(clipping_factor(1e9, 0), 1);  // 0: unbounded
}

}  // namespace
}  // namespace weir
