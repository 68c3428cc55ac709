/// Element by element: each functor is written once and serves every device. keeps_zero says f(0) = 0, so
/// that the zero padding of blocked layouts stays zero without a second look.
#pragma once

#include "tensor/kernels/bfloat16.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/portable.h"

namespace weir::pointwise {

struct Add {
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real a, Real b) const {
    return a + b;
  }
};
struct Subtract {
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real a, Real b) const {
    return a - b;
  }
};
struct Multiply {
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real a, Real b) const {
    return a * b;
  }
};
struct Scale {
  double factor;
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x * static_cast<Real>(factor);
  }
};
struct AddConstant {
  double constant;
  static constexpr bool keeps_zero = false;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x + static_cast<Real>(constant);
  }
};
/// a + factor * b
struct AddScaled {
  double factor;
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real a, Real b) const {
    return a + static_cast<Real>(factor) * b;
  }
};
/// -1, 0 or 1; sign(0) = 0, and NaN stays NaN.
struct Sign {
  static constexpr bool keeps_zero = true;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    return x > 0 ? Real(1) : x < 0 ? Real(-1) : x;
  }
};
/// NaN stays NaN.
struct Clip {
  double low, high;
  static constexpr bool keeps_zero = false;
  template <class Real>
  WEIR_HD Real operator()(Real x) const {
    const Real bottom = static_cast<Real>(low), top = static_cast<Real>(high);
    return x < bottom ? bottom : x > top ? top : x;
  }
};
template <class Real, class F>
struct Unary {
  F f;
  const Real* x;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    using Number = Arithmetic<Real>;
    y[i] = static_cast<Real>(f(static_cast<Number>(x[i])));
  }
};

template <class Real, class F>
struct Binary {
  F f;
  const Real* a;
  const Real* b;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    using Number = Arithmetic<Real>;
    y[i] = static_cast<Real>(f(static_cast<Number>(a[i]), static_cast<Number>(b[i])));
  }
};

/// dx of an activation, one element per call.
template <class Real, class F>
struct Pullback {
  F f;
  const Real* dy;
  const Real* x;
  const Real* y;
  Real* dx;
  WEIR_HD void operator()(Index i) const {
    using Number = Arithmetic<Real>;
    dx[i] = static_cast<Real>(
        f.dx(static_cast<Number>(dy[i]), static_cast<Number>(x[i]), static_cast<Number>(y[i])));
  }
};

/// Puts zeros back into the pad channels of y, one cell per call.
template <class Real>
struct ClearPadding {
  BlockedImages view;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const int used = view.used_lanes(cell_at(i, view).block);
    for (int lane = used; lane < 16; ++lane) y[i * 16 + lane] = 0;
  }
};

}  // namespace weir::pointwise
