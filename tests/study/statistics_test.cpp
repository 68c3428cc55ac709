// Known answers: from tables, from hand calculation, or from enumeration; the source is named at each.
#include "study/statistics.h"

#include <gtest/gtest.h>

#include "tensor/check.h"

namespace weir {
namespace {

TEST(Statistics, MeanSpreadAndStandardErrorOfAHandCase) {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};  // sum of squares about the mean 5 is 32
  EXPECT_DOUBLE_EQ(mean(values), 5.0);
  EXPECT_DOUBLE_EQ(standard_deviation(values), std::sqrt(32.0 / 7.0));
  EXPECT_DOUBLE_EQ(standard_error(values), std::sqrt(32.0 / 7.0 / 8.0));
  EXPECT_EQ(standard_error(std::vector<double>{3.0}), 0.0);
  EXPECT_THROW(mean({}), Error);
}

TEST(Statistics, QuantilesInterpolateBetweenOrderStatistics) {
  const std::vector<double> values{40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(quantile(values, 0.0), 10.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 25.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 17.5);
  EXPECT_DOUBLE_EQ(quantile(values, 1.0), 40.0);
  EXPECT_DOUBLE_EQ(quantile({7.0}, 0.3), 7.0);
}

TEST(Statistics, RanksShareTies) {
  EXPECT_EQ(mid_ranks(std::vector<double>{10, 20, 20, 5}), (std::vector<double>{2, 3.5, 3.5, 1}));
}

TEST(Statistics, SpearmanOfHandCases) {
  const std::vector<double> up{1, 2, 3, 4, 5};
  EXPECT_DOUBLE_EQ(spearman(up, std::vector<double>{1, 8, 27, 64, 125}), 1.0);
  EXPECT_DOUBLE_EQ(spearman(up, std::vector<double>{5, 4, 3, 2, 1}), -1.0);
  // Without ties: 1 - 6 sum d^2 / n(n^2-1) with d = (1, -1, 0, 1, -1): 1 - 24/120.
  EXPECT_DOUBLE_EQ(spearman(up, std::vector<double>{2, 1, 3, 5, 4}), 0.8);
  EXPECT_EQ(spearman(up, std::vector<double>{1, 1, 1, 1, 1}), 0.0);
}

TEST(Statistics, HolmStepsDownAndStaysMonotone) {
  // Sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04; the running maximum lifts the last to .06.
  const auto adjusted = holm_adjusted(std::vector<double>{0.04, 0.01, 0.03, 0.02});
  EXPECT_DOUBLE_EQ(adjusted[1], 0.04);
  EXPECT_DOUBLE_EQ(adjusted[3], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.06);
  EXPECT_EQ(holm_adjusted(std::vector<double>{0.9, 0.8})[1], 1.0);
}

TEST(Statistics, McNemarIsTheExactBinomialTest) {
  EXPECT_DOUBLE_EQ(mcnemar_p_value(0, 0), 1.0);
  EXPECT_NEAR(mcnemar_p_value(1, 9), 2.0 * (1 + 10) / 1024.0, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(9, 1), mcnemar_p_value(1, 9), 0.0);
  EXPECT_EQ(mcnemar_p_value(5, 5), 1.0);
}

}  // namespace
}  // namespace weir
