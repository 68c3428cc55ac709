#include "tests/support/approx.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace weir {
namespace {

testing::AssertionResult differs(std::size_t at, double found, double expected,
                                 const std::string& more = {}) {
  return testing::AssertionFailure() << fmt::format("element {}: found {:.17g}, expected {:.17g}{}", at,
                                                    found, expected, more);
}

testing::AssertionResult sizes_differ(std::size_t found, std::size_t expected) {
  return testing::AssertionFailure() << fmt::format("{} elements, expected {}", found, expected);
}

double largest(const Values& values) {
  double result = 0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

}  // namespace

testing::AssertionResult same_bits(const Values& found, const Values& expected) {
  if (found.size() != expected.size()) return sizes_differ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool same = std::isnan(expected[i]) ? std::isnan(found[i])
                                              : std::bit_cast<std::uint64_t>(found[i]) ==
                                                    std::bit_cast<std::uint64_t>(expected[i]);
    if (!same) return differs(i, found[i], expected[i]);
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult same_bits(const Tensor& found, const Tensor& expected) {
  if (!(found.shape() == expected.shape()))
    return testing::AssertionFailure()
           << to_string(found.shape()) << ", expected " << to_string(expected.shape());
  return same_bits(found.to_host_double(), expected.to_host_double());
}

testing::AssertionResult within(const Values& found, const Values& expected, const Values& tolerance) {
  if (found.size() != expected.size()) return sizes_differ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(found[i] - expected[i]) <= tolerance[i]))
      return differs(i, found[i], expected[i], fmt::format(", which allows {:.3g}", tolerance[i]));
  return testing::AssertionSuccess();
}

testing::AssertionResult within_share_of_largest(double share, const Values& found, const Values& expected) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  if (largest == 0) return testing::AssertionFailure() << "nothing but zeros was expected";
  return within(found, expected, Values(expected.size(), share * largest));
}

Values accumulation_tolerance(const Values& magnitude, DType dtype) {
  Values tolerance(magnitude);
  for (double& value : tolerance) value = 8 * epsilon_of(dtype) * std::abs(value);
  return tolerance;
}

Values exponential_tolerance(const Values& expected) {
  Values tolerance(expected);
  for (double& value : tolerance) value = std::max(4e-6 * std::abs(value), 1e-6);
  return tolerance;
}

Values normalised_value_tolerance(const Values& expected) {
  return Values(expected.size(), 2e-6 * largest(expected));
}

Values normalised_gradient_tolerance(const Values& expected) {
  return Values(expected.size(), 1e-5 * largest(expected));
}

testing::AssertionResult normalised_error_below(double bound, const Values& found, const Values& expected) {
  if (found.size() != expected.size()) return sizes_differ(found.size(), expected.size());
  double error = 0, power = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error += (found[i] - expected[i]) * (found[i] - expected[i]);
    power += expected[i] * expected[i];
  }
  if (error <= bound * power) return testing::AssertionSuccess();
  return testing::AssertionFailure() << fmt::format("normalised squared error {:.3g}, allowed {:.3g}",
                                                    error / power, bound);
}

testing::AssertionResult enough_not_zero(const Values& values, double share) {
  const auto zeros = std::count(values.begin(), values.end(), 0.0);
  if (static_cast<double>(zeros) <= (1 - share) * static_cast<double>(values.size()))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << zeros << " of " << values.size() << " elements are zero";
}

}  // namespace weir
