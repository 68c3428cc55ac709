/// The checker must find what is wrong and must not excuse it.
#include "autograd/gradcheck.h"

#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

Tensor ramp(const Shape& shape, double first, double step) {
  std::vector<double> values;
  for (Index i = 0; i < shape.volume(); ++i) values.push_back(first + step * static_cast<double>(i));
  return Tensor::from_host(std::span<const double>(values), shape, Device::reference());
}

/// x * x with a gradient of `factor` x.
Var square(const Var& x, double factor) {
  const Tensor value = x.value();
  return x.tape().record("square", {x}, value * value, [value, factor](const Tensor& dy, Cotangents& d) {
    d.add(0, factor * times_saved(dy, value));
  });
}

Function squared(double factor) {
  return [factor](std::span<const Var> in) { return square(in[0], factor); };
}

TEST(Gradcheck, PassesARightGradientAndCountsWhatItChecked) {
  const Tensor x = ramp({5, 3}, -0.7, 0.1);
  const GradcheckReport report = gradcheck(squared(2), {&x, 1});
  EXPECT_TRUE(report.passed) << report.where;
  EXPECT_EQ(report.checked, 15 + 3 * 15);  // the elements, and K = 3 against three times one
  EXPECT_EQ(report.skipped, 0);
  EXPECT_LT(report.worst_error, 1e-8);
}

TEST(Gradcheck, RefusesAGradientThatIsSlightlyWrongAndSaysWhere) {
  const Tensor x = ramp({5, 3}, -0.7, 0.1);
  const GradcheckReport report = gradcheck(squared(2 * (1 + 3e-6)), {&x, 1});
  EXPECT_FALSE(report.passed);
  EXPECT_NEAR(report.worst_error, 3e-6, 1e-8);
  EXPECT_TRUE(report.where.starts_with("input 0, element ")) << report.where;
}

TEST(Gradcheck, RefusesASingleWrongElementAmongMany) {
  const Function f = [](std::span<const Var> in) {
    const Tensor x = in[0].value();
    return in[0].tape().record("wrong_at_7", {in[0]}, x * x, [x](const Tensor& dy, Cotangents& d) {
      Tensor dx = 2 * times_saved(dy, x);
      dx.update<double>()[7] *= -1;
      d.add(0, dx);
    });
  };
  const Tensor x = ramp({40}, 0.5, 0.1);
  const GradcheckReport report = gradcheck(f, {&x, 1}, {.cotangents = 1});
  EXPECT_FALSE(report.passed);
  EXPECT_TRUE(report.where.starts_with("input 0, element 7:")) << report.where;
}

TEST(Gradcheck, RefusesAGradientThatIsNotFinite) {
  const Tensor x = ramp({4}, 0.5, 0.1);
  EXPECT_FALSE(gradcheck(squared(NAN), {&x, 1}).passed);
}

TEST(Gradcheck, RefusesCotangentsThatMixWhenSeveralFlowAtOnce) {
  const Function f = [](std::span<const Var> in) {
    const Tensor x = in[0].value();
    return in[0].tape().record("forgets_k", {in[0]}, x * x, [x](const Tensor& dy, Cotangents& d) {
      const Tensor first = dy.batch_slice(0, x.rows());
      std::vector<Tensor> copies(static_cast<std::size_t>(dy.rows() / x.rows()), 2 * (first * x));
      d.add(0, concatenate(copies));
    });
  };
  const Tensor x = ramp({4}, 0.5, 0.1);
  EXPECT_TRUE(gradcheck(f, {&x, 1}, {.cotangents = 1}).passed);
  EXPECT_FALSE(gradcheck(f, {&x, 1}).passed);
}

TEST(Gradcheck, SkipsDeclaredKinksAndRefusesWhenTooManyAreSkipped) {
  const Function f = [](std::span<const Var> in) { return relu(in[0]); };
  std::vector<double> values(20, 0.25);
  values[3] = 1e-7;  // within a step of the kink
  Tensor x = Tensor::from_host(std::span<const double>(values), {20}, Device::reference());
  EXPECT_FALSE(gradcheck(f, {&x, 1}).passed);
  const GradcheckReport declared = gradcheck(f, {&x, 1}, {.kinks = {0.0}, .cotangents = 1});
  EXPECT_TRUE(declared.passed) << declared.where;
  EXPECT_EQ(declared.skipped, 1);
  x = Tensor::zeros({20}, Device::reference(), DType::f64);
  EXPECT_FALSE(gradcheck(f, {&x, 1}, {.kinks = {0.0}}).passed);
}

TEST(Gradcheck, DoesNotPassWhereNothingWasChecked) {
  const Tensor none = ramp({0, 3}, 0, 0), some = ramp({4}, 0.5, 0.1);
  EXPECT_FALSE(gradcheck(squared(2), {&none, 1}).passed);
  EXPECT_FALSE(gradcheck(squared(2), {&some, 1}, {.coordinates = 0}).passed);
}

TEST(Gradcheck, DoesNotLetAnInputHideAtItsKinkAmongOthers) {
  const Function f = [](std::span<const Var> in) { return add(square(in[0], 2), relu(in[1])); };
  const std::vector<Tensor> inputs = {ramp({40}, 0.5, 0.1),
                                      Tensor::zeros({40}, Device::reference(), DType::f64)};
  EXPECT_FALSE(gradcheck(f, inputs, {.kinks = {0.0}, .most_skipped = 0.6, .batches = 2}).passed);
}

TEST(Gradcheck, WantsDoublePrecision) {
  const Tensor x = Tensor::zeros({3}, Device::reference());
  EXPECT_THROW(gradcheck(squared(2), {&x, 1}), Error);
}

}  // namespace
}  // namespace weir
