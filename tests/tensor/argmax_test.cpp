#include "tensor/argmax.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "tensor/ops/softmax.h"

namespace weir {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Index argmax_of(const std::vector<float>& values) { return argmax(std::span(values)); }

TEST(Argmax, IsTheFirstOfTheLargest) {
  EXPECT_EQ(argmax_of({1, 3, 2}), 1);
  EXPECT_EQ(argmax_of({-1, -1, -2}), 0);
  EXPECT_EQ(argmax_of({-std::numeric_limits<float>::infinity()}), 0);
}

TEST(Argmax, IsNoClassWhereAnyIsNaN) {
  EXPECT_EQ(argmax_of({nan, 1, 2}), -1);
  EXPECT_EQ(argmax_of({3, 1, nan}), -1);
  EXPECT_EQ(argmax_of({}), -1);
}

TEST(Argmax, ReadsRowByRow) {
  const std::vector<double> logits = {0, 1, 2, 5, 4, 3, 7, std::nan(""), 0};
  const Tensor rows = Tensor::from_host(std::span(logits), {3, 3}, Device::reference());
  EXPECT_EQ(argmax_rows(rows), (std::vector<std::int32_t>{2, 0, -1}));
}

}  // namespace
}  // namespace weir
