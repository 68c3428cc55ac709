#include "attacks/margins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/attacks/on_device.h"
#include "tests/support/data.h"

namespace weir {
namespace {

using testing::ElementsAre;

constexpr Rivals untargeted{.label = 1};
constexpr Rivals towards_2{.label = 1, .target = 2};

TEST(Margins, AreWhatTheirPapersSay) {
  const Values z = {5, 3, -1, 4, 0};
  EXPECT_EQ(margin_value(Margin::cw, z, untargeted), 5 - 3);
  EXPECT_EQ(margin_value(Margin::cw, z, {.label = 0}), 4 - 5);
  EXPECT_EQ(margin_value(Margin::cw, z, towards_2), -1 - 5) << "the target's largest rival is class 0";
  EXPECT_NEAR(margin_value(Margin::dlr, z, untargeted), (5.0 - 3) / (5 - 3), 1e-11);
  EXPECT_NEAR(margin_value(Margin::dlr, z, {.label = 0}), (4.0 - 5) / (5 - 3), 1e-11);
  EXPECT_NEAR(margin_value(Margin::dlr, z, towards_2), (-1.0 - 3) / (5 - (3 + 0) / 2.0), 1e-11);
}

TEST(Margins, NoScalingOrShiftOfLogitsChangesDlr) {
  const Values z = {1.5, -2, 0.25, 3, 0};
  Values other;
  for (const double value : z) other.push_back(1000 * value - 50);
  for (const Rivals& rivals : {untargeted, towards_2})
    EXPECT_NEAR(margin_value(Margin::dlr, z, rivals), margin_value(Margin::dlr, other, rivals), 1e-9);
}

TEST(Margins, TiedLogitsStayFinite) {
  const Values z(5, 2.0);
  for (const Margin margin : {Margin::cw, Margin::dlr})
    for (const Rivals& rivals : {untargeted, towards_2}) EXPECT_EQ(margin_value(margin, z, rivals), 0);
}

class MarginsOn : public AttackOnDevice {};

TEST_P(MarginsOn, SeedsAreTheirDerivatives) {
  const Index rows = 40, classes = 6;
  const Values z = floats(rows * classes, {-3, 3}, {1});
  std::vector<Rivals> rivals;
  for (Index row = 0; row < rows; ++row)
    rivals.push_back({.label = static_cast<std::int32_t>(row % classes),
                      .target = row % 2 == 0 ? -1 : static_cast<std::int32_t>((row + 3) % classes)});
  for (const Margin margin : {Margin::cw, Margin::dlr}) {
    const Tensor logits = tensor_of(z, {rows, classes}, device(), DType::f64);
    const Values found = margin_seeds(margin, rivals)(logits, {0, rows}).to_host_double();
    const double step = 1e-6;  // values below 10, second derivatives below 100: 1e-9 of rounding and of curve
    for (Index i = 0; i < rows * classes; ++i) {
      const auto value_at = [&](double shift) {
        Values row(z.begin() + i / classes * classes, z.begin() + (i / classes + 1) * classes);
        row[static_cast<std::size_t>(i % classes)] += shift;
        return margin_value(margin, row, rivals[static_cast<std::size_t>(i / classes)]);
      };
      EXPECT_NEAR(found[static_cast<std::size_t>(i)], (value_at(step) - value_at(-step)) / (2 * step), 1e-7)
          << i;
    }
  }
}

TEST_P(MarginsOn, APieceOfTheBatchHasItsOwnRivals) {
  const SeedRule rule = margin_seeds(Margin::cw, {{.label = 0}, {.label = 2}});
  const Tensor logits = tensor_of({3, 2, 1}, {1, 3}, device());
  EXPECT_THAT(rule(logits, {.first = 1, .count = 1}).to_host_double(), ElementsAre(1, 0, -1));
}

INSTANTIATE_TEST_SUITE_P(Devices, MarginsOn, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
