/// The activations: y = f(x), and dx from dy, x and y = f(x), side by side; each functor is written once and
/// serves every device. `name` is what files and tapes call it, keeps_zero says f(0) = 0
/// (kernels/pointwise.h).
#pragma once

#include "tensor/kernels/portable.h"

namespace weir::pointwise {

struct Identity {
  static constexpr const char* name = "none";
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x;
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real, Real) const {
    return dy;
  }
};
/// max(x, 0). The slope at 0 is 0: attacks depend on that convention. It asks for y alone, so that a fused
/// ReLU needs no x.
struct Relu {
  static constexpr const char* name = "relu";
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x < 0 ? Real(0) : x;
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real, Real y) const {
    return y > 0 ? dy : Real(0);
  }
};
/// x, times 0.01 where it is negative; the slope at 0 is 0.01.
struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  static constexpr bool keeps_zero = true;
  static constexpr double leak = 0.01;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x < 0 ? Real(leak) * x : x;
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real x, Real) const {
    return x > 0 ? dy : Real(leak) * dy;
  }
};
/// 1 / (1 + exp(-x))
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr bool keeps_zero = false;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return 1 / (1 + std::exp(-x));
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real, Real y) const {
    return dy * y * (1 - y);
  }
};
struct Tanh {
  static constexpr const char* name = "tanh";
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return std::tanh(x);
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real, Real y) const {
    return dy * (1 - y * y);
  }
};
/// log(1 + exp(x)), without overflow.
struct Softplus {
  static constexpr const char* name = "softplus";
  static constexpr bool keeps_zero = false;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return (x > 0 ? x : Real(0)) + std::log1p(std::exp(-std::fabs(x)));
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real x, Real) const {
    return dy * Sigmoid{}(x);
  }
};
/// x times the probability that a normal number is below x (Hendrycks and Gimpel 2016); no approximation.
struct Gelu {
  static constexpr const char* name = "gelu";
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    constexpr Real root_half = Real(0.70710678118654752);
    return x * std::erfc(-x * root_half) / 2;
  }
  template <class Real>
  WEIR_HD Real dx(Real dy, Real x, Real) const {
    constexpr Real root_half = Real(0.70710678118654752), density_at_0 = Real(0.39894228040143268);
    return dy * (std::erfc(-x * root_half) / 2 + x * density_at_0 * std::exp(-x * x / 2));
  }
};

}  // namespace weir::pointwise
