/// Batch norm's passes over an image tensor. Statistics are taken per image and block of channels, in double,
/// and merged in image order by the caller, so they do not depend on who computed which image.
#pragma once

#include "tensor/kernels/bfloat16.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/lanes.h"

namespace weir {

/// One cell's values, loaded before anything is stored: with eight pointers that might overlap, a compiler
/// gives up on vectorising (measured: 14 times slower).
template <class Number, class View>
struct Lanes {
  Number value[View::lanes];
  template <class Real>
  WEIR_HD explicit Lanes(const Real* from) {
    load_lanes(from, value);
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

/// What a GPU reduces instead, a warp for each channel of each image: value k of row (image * blocks + block)
/// * lanes + lane is that channel's pixel k.
template <class Real, class View>
struct ChannelPixels {
  View view;
  const Real* x;
  WEIR_HD Index place(Index row, Index k) const {
    const Index cell = row / View::lanes;
    return view.offset(cell / view.blocks(), cell % view.blocks(), 0, 0) + k * view.pixel_stride() +
           row % View::lanes;
  }
  WEIR_HD Index channel(Index row) const { return row % (view.blocks() * View::lanes); }
  WEIR_HD double operator()(Index row, Index k) const { return static_cast<double>(x[place(row, k)]); }
};

/// Squared deviations from the mean, given the sum of each row.
template <class Real, class View>
struct SquaredDeviations {
  ChannelPixels<Real, View> pixels;
  const double* sum;
  WEIR_HD double operator()(Index row, Index k) const {
    const double deviation = pixels(row, k) - sum[row] / static_cast<double>(pixels.view.pixels());
    return deviation * deviation;
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
    Number value[View::lanes];
    WEIR_SIMD
    for (int lane = 0; lane < View::lanes; ++lane)
      value[lane] = f((in[lane] - centre[lane]) * scale[lane] + offset[lane]);
    store_lanes(value, y + i * View::lanes);
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

/// Of one value, what the gradients sum up: dz, and dz * xhat with xhat = (x - mean) * inverse, where dz is
/// what `through` leaves of dy.
struct GradientTerms {
  double dz = 0, dz_xhat = 0;
};
template <class Real, class Through>
struct GradientTermsOf {
  Through through;
  const Arithmetic<Real>* mean;
  const Arithmetic<Real>* inverse;
  const Arithmetic<Real>* factor;
  const Arithmetic<Real>* shift;
  const Real* x;
  const Real* dy;

  WEIR_HD GradientTerms operator()(Index place, Index c) const {
    using Number = Arithmetic<Real>;
    const Number deviation = x[place] - mean[c];
    const Number dz = through(static_cast<Number>(dy[place]), deviation * factor[c] + shift[c]);
    return {static_cast<double>(dz), static_cast<double>(dz) * static_cast<double>(deviation * inverse[c])};
  }
};

/// Their sums per channel of each image, [N * blocks * lanes]; one block of one image per call.
template <class Real, class View, class Through>
struct ImageGradientSums {
  View view;
  GradientTermsOf<Real, Through> terms_of;
  GradientTerms* sums;

  WEIR_HD void operator()(Index i) const {
    const Index first = view.offset(i / view.blocks(), i % view.blocks(), 0, 0);
    const Index c = i % view.blocks() * View::lanes, stride = view.pixel_stride();
    double plain[View::lanes] = {}, weighted[View::lanes] = {};
    for (Index p = 0; p < view.pixels(); ++p)
      for (int lane = 0; lane < View::lanes; ++lane) {
        const GradientTerms terms = terms_of(first + p * stride + lane, c + lane);
        plain[lane] += terms.dz;
        weighted[lane] += terms.dz_xhat;
      }
    for (int lane = 0; lane < View::lanes; ++lane)
      sums[i * View::lanes + lane] = {plain[lane], weighted[lane]};
  }
};

/// The same terms for a GPU's reduction, and that reduction.
template <class Real, class View, class Through>
struct ChannelGradientTerms {
  ChannelPixels<Real, View> pixels;
  GradientTermsOf<Real, Through> terms_of;
  WEIR_HD GradientTerms operator()(Index row, Index k) const {
    return terms_of(pixels.place(row, k), pixels.channel(row));
  }
};
struct SumOfTerms {
  using State = GradientTerms;
  using Result = GradientTerms;
  WEIR_HD static State identity() { return {}; }
  WEIR_HD static State absorb(State s, const GradientTerms& x) { return merge(s, x); }
  WEIR_HD static State merge(const State& a, const State& b) { return {a.dz + b.dz, a.dz_xhat + b.dz_xhat}; }
  WEIR_HD static Result finish(const State& s) { return s; }
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
    Number value[View::lanes];
    WEIR_SIMD
    for (int lane = 0; lane < View::lanes; ++lane) {
      const Number deviation = in[lane] - centre[lane];
      const Number dz = through(flow[lane], deviation * outer[lane] + offset[lane]);
      value[lane] = outer[lane] * (dz - first[lane] - deviation * scale[lane] * second[lane]);
    }
    store_lanes(value, dx + at);
  }
};

}  // namespace weir
