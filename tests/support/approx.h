/// Comparisons that say where they failed, and tolerances that say where they come from.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <vector>

#include "tensor/tensor.h"

namespace weir {

using Values = std::vector<double>;

/// The distance from 1 to the next number.
constexpr double epsilon_of(DType dtype) { return dtype == DType::f64 ? 0x1p-52 : 0x1p-23; }

/// Equal element by element in plain order, bit by bit: -0 is not 0, and a NaN is any NaN.
testing::AssertionResult same_bits(const Tensor& found, const Tensor& expected);
testing::AssertionResult same_bits(const Values& found, const Values& expected);

/// |found - expected| <= tolerance, element by element. A NaN is not within anything.
testing::AssertionResult within(const Values& found, const Values& expected, const Values& tolerance);

/// |found - expected| <= share * the largest |expected|, which is not 0. A NaN is not within anything.
testing::AssertionResult within_share_of_largest(double share, const Values& found, const Values& expected);

/// Sums of products: a product and an addition round by eps / 2 each. The worst case grows with the length of
/// the sum, but roundings are of both signs, and vendors add in many partial sums: 2.1e-7 * sum|ab| was
/// measured for oneDNN's direct convolutions (1.8 eps), 1.5e-7 for OpenBLAS. 8 eps leaves four times that.
/// magnitude: the sums of |ab|.
Values accumulation_tolerance(const Values& magnitude, DType dtype = DType::f32);

/// exp and log of the C library are within 1 ulp; z / T, z - lse and the sum over classes round some ten
/// times for logits of a few units: 4e-6 relative is 34 eps. Below 1e-6 absolute, a probability is as good as
/// nothing.
Values exponential_tolerance(const Values& expected);

/// y = (x - mean) * factor + shift: the three vectors are rounded to float and three operations round, some
/// six times eps / 2 of the largest value; 2e-6 leaves five times that. The gradient goes through xhat and
/// two means: 1e-5.
Values normalised_value_tolerance(const Values& expected);
Values normalised_gradient_tolerance(const Values& expected);

/// sum (found - expected)^2 / sum expected^2 <= bound: catches what is small everywhere and wrong everywhere.
testing::AssertionResult normalised_error_below(double bound, const Values& found, const Values& expected);

/// An answer of zeros must not pass for a right one: at least this share is not zero.
testing::AssertionResult enough_not_zero(const Values& values, double share);

}  // namespace weir
