/// Batch norm's passes over an image tensor. Statistics are taken per image and block of channels, in double,
/// and merged in image order by the caller, so they do not depend on who computed which image.
#pragma once

#include "tensor/kernels/bfloat16.h"
#include "tensor/kernels/images.h"

namespace weir {

/// One cell's values, loaded before anything is stored: with eight pointers that might overlap, a compiler
/// gives up on vectorising (measured: 14 times slower).
template <class Number, class View>
struct Lanes {
  Number value[View::lanes];
  template <class Real>
  WEIR_HD explicit Lanes(const Real* from) {
    for (int lane = 0; lane < View::lanes; ++lane) value[lane] = from[lane];
  }
  WEIR_HD Number operator[](int lane) const { return value[lane]; }
};

/// mean and m2 (sum of squared deviations) of each channel of each image; one block of one image per call.
/// Arrays are [N * blocks * lanes].
template <class Real, class View>
struct ImageMoments {
  View view;
  const Real* x;
  double* mean;
  double* m2;

  WEIR_HD void operator()(Index i) const {
    const Real* map = x + view.offset(i / view.blocks(), i % view.blocks(), 0, 0);
    const Index stride = view.pixel_stride();
    double sum[View::lanes] = {};
    for (Index p = 0; p < view.pixels(); ++p)
      for (int lane = 0; lane < View::lanes; ++lane) sum[lane] += static_cast<double>(map[p * stride + lane]);
    for (int lane = 0; lane < View::lanes; ++lane) sum[lane] /= static_cast<double>(view.pixels());
    double squares[View::lanes] = {};
    for (Index p = 0; p < view.pixels(); ++p)
      for (int lane = 0; lane < View::lanes; ++lane) {
        const double deviation = static_cast<double>(map[p * stride + lane]) - sum[lane];
        squares[lane] += deviation * deviation;
      }
    for (int lane = 0; lane < View::lanes; ++lane) {
      mean[i * View::lanes + lane] = sum[lane];
      m2[i * View::lanes + lane] = squares[lane];
    }
  }
};

/// y = f((x - mean) * factor + shift) for an activation f. Channel vectors are padded with zeros to whole
/// blocks, which keeps pad channels zero where f does. One cell per call.
template <class Real, class View, class F>
struct Normalise {
  F f;
  using Number = Arithmetic<Real>;
  const Number* mean;
  const Number* factor;
  const Number* shift;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    using Values = Lanes<Number, View>;
    const Index c = cell.block * View::lanes;
    const Values in(x + i * View::lanes), centre(mean + c), scale(factor + c), offset(shift + c);
    for (int lane = 0; lane < View::lanes; ++lane) {
      const Number value = f((in[lane] - centre[lane]) * scale[lane] + offset[lane]);
      y[i * View::lanes + lane] = static_cast<Real>(value);
    }
  }
};

/// What of a cotangent reaches the normalised value z through the fused activation. Computed from x again,
/// with the forward pass's own expression, rather than read: memory is what these passes wait for.
struct ThroughNothing {
  template <class Number>
  WEIR_HD Number operator()(Number flow, Number) const {
    return flow;
  }
};
struct ThroughRelu {
  template <class Number>
  WEIR_HD Number operator()(Number flow, Number z) const {
    return z > Number(0) ? flow : Number(0);
  }
};

/// The sums that the gradients need, per channel of each image: of dz, and of dz * xhat with xhat = (x -
/// mean) * inverse, where dz is what `through` leaves of dy.
template <class Real, class View, class Through>
struct ImageGradientSums {
  View view;
  Through through;
  const Arithmetic<Real>* mean;
  const Arithmetic<Real>* inverse;
  const Arithmetic<Real>* factor;
  const Arithmetic<Real>* shift;
  const Real* x;
  const Real* dy;
  double* sum_dy;
  double* sum_dy_xhat;

  WEIR_HD void operator()(Index i) const {
    using Number = Arithmetic<Real>;
    const Index first = view.offset(i / view.blocks(), i % view.blocks(), 0, 0);
    const Index c = i % view.blocks() * View::lanes, stride = view.pixel_stride();
    double plain[View::lanes] = {}, weighted[View::lanes] = {};
    for (Index p = 0; p < view.pixels(); ++p) {
      const Real* flow = dy + first + p * stride;
      const Real* in = x + first + p * stride;
      for (int lane = 0; lane < View::lanes; ++lane) {
        const Number deviation = in[lane] - mean[c + lane];
        const Number dz =
            through(static_cast<Number>(flow[lane]), deviation * factor[c + lane] + shift[c + lane]);
        plain[lane] += static_cast<double>(dz);
        weighted[lane] += static_cast<double>(dz) * static_cast<double>(deviation * inverse[c + lane]);
      }
    }
    for (int lane = 0; lane < View::lanes; ++lane) {
      sum_dy[i * View::lanes + lane] = plain[lane];
      sum_dy_xhat[i * View::lanes + lane] = weighted[lane];
    }
  }
};

/// dx = factor * (dz - mean_dy - xhat * mean_dy_xhat), dz being what `through` leaves of dy. With fixed
/// statistics (evaluation) both means are zero. One cell per call.
template <class Real, class View, class Through>
struct NormaliseGradient {
  using Number = Arithmetic<Real>;
  Through through;
  const Number* mean;
  const Number* inverse;
  const Number* factor;
  const Number* shift;
  const Number* mean_dy;
  const Number* mean_dy_xhat;
  const Real* x;
  const Real* dy;
  Real* dx;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    using Values = Lanes<Number, View>;
    const Index at = i * View::lanes, c = cell.block * View::lanes;
    const Values in(x + at), flow(dy + at), centre(mean + c), scale(inverse + c), outer(factor + c),
        offset(shift + c), first(mean_dy + c), second(mean_dy_xhat + c);
    for (int lane = 0; lane < View::lanes; ++lane) {
      const Number deviation = in[lane] - centre[lane];
      const Number dz = through(flow[lane], deviation * outer[lane] + offset[lane]);
      dx[at + lane] =
          static_cast<Real>(outer[lane] * (dz - first[lane] - deviation * scale[lane] * second[lane]));
    }
  }
};

}  // namespace weir
