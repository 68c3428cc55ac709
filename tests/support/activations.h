/// Every activation by its formula, in double precision and independent of our kernels. From a row follow its
/// op row (op_cases.h), its formula test and its place in every layer (tests/autograd/activation_test.cpp).
#pragma once

#include <algorithm>
#include <cmath>

#include "tests/support/op_cases.h"

namespace weir {

struct ActivationRow {
  Activation activation = Activation::none;
  double (*formula)(double x) = nullptr;
  Accuracy accuracy = Accuracy::exponential;
  std::vector<double> kinks = {};
};

inline const std::vector<ActivationRow>& activation_rows() {
  static const std::vector<ActivationRow> rows = {
      {Activation::relu, [](double x) { return std::max(x, 0.0); }, Accuracy::exact, {0}},
      {Activation::leaky_relu, [](double x) { return std::max(x, 0.01 * x); }, Accuracy::accumulated, {0}},
      {Activation::sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {Activation::tanh, [](double x) { return 1 - 2 / (std::exp(2 * x) + 1); }},
      {Activation::softplus, [](double x) { return std::log(1 + std::exp(x)); }},
      {Activation::gelu, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
  };
  return rows;
}

}  // namespace weir
