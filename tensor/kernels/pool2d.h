/// Max pooling and its gradient, one cell, which is a pixel of a block of channels, per call. A tie goes to
/// the first maximum in row-major order; NaN counts as a maximum, so a broken value is not pooled away.
#pragma once

#include "tensor/kernels/images.h"
#include "tensor/kernels/lanes.h"

namespace weir {

/// Larger, or broken.
template <class Real>
WEIR_HD bool takes_over(Real value, Real best) {
  return (value > best) | (value != value);
}

/// NaN is the maximum of a window that has one.
template <class Real>
WEIR_HD std::int32_t is_maximum(Real value, Real maximum) {
  return std::int32_t(value == maximum) | (std::int32_t(value != value) & std::int32_t(maximum != maximum));
}

struct PoolWindow {
  Index height, width, stride;
  /// The first window, along one axis, that reaches this position.
  WEIR_HD Index first_at(Index position, Index extent) const {
    return position < extent ? 0 : (position - extent) / stride + 1;
  }
};

/// y = max over the window under each output pixel. View: the output's; in_height and in_width: the input's.
template <class Real, class View>
struct MaxPool {
  View out, in;
  PoolWindow window;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    const Index top = cell.row * window.stride, left = cell.column * window.stride;
    using Number = Arithmetic<Real>;
    Number best[View::lanes];
    const Real* corner = x + in.offset(cell.n, cell.block, top, left);
    load_lanes(corner, best);
    for (Index r = 0; r < window.height; ++r)
      for (Index s = 0; s < window.width; ++s) {
        Number pixel[View::lanes];
        load_lanes(corner + (r * in.width + s) * in.pixel_stride(), pixel);
        WEIR_SIMD
        for (int lane = 0; lane < View::lanes; ++lane)
          best[lane] = takes_over(pixel[lane], best[lane]) ? pixel[lane] : best[lane];
      }
    store_lanes(best, y + i * View::lanes);
  }
};

template <class Real>
struct MaxPoolOperands {
  const Real* x;
  const Real* y;
  const Real* dy;
  Real* dx;
};

/// dx of an input pixel = the sum of dy over the windows whose first maximum it is. One call per input cell
/// of dx.
template <class Real, class View>
struct MaxPoolGradient {
  View out, in;
  PoolWindow window;
  MaxPoolOperands<Real> at;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    Arithmetic<Real> sum[View::lanes] = {};
    const Index first_p = window.first_at(cell.row, window.height),
                first_q = window.first_at(cell.column, window.width);
    for (Index p = first_p; p < out.height && p * window.stride <= cell.row; ++p)
      for (Index q = first_q; q < out.width && q * window.stride <= cell.column; ++q)
        add_if_winner(cell, p, q, sum);
    for (int lane = 0; lane < View::lanes; ++lane)
      at.dx[i * View::lanes + lane] = static_cast<Real>(sum[lane]);
  }

 private:
  WEIR_HD void add_if_winner(const Cell& cell, Index p, Index q, Arithmetic<Real>* sum) const {
    const Index top = p * window.stride, left = q * window.stride;
    const Index down = cell.row - top, right = cell.column - left;
    const Real* corner = at.x + in.offset(cell.n, cell.block, top, left);
    const Real* winner = at.y + out.offset(cell.n, cell.block, p, q);
    const Real* flow = at.dy + out.offset(cell.n, cell.block, p, q);
    const Real* mine = at.x + in.offset(cell.n, cell.block, cell.row, cell.column);
    // Integers and bitwise operators, since a choice with side conditions would not vectorise (measured: 10 %
    // of a training step against 1 %).
    std::int32_t wins[View::lanes];
    for (int lane = 0; lane < View::lanes; ++lane) wins[lane] = is_maximum(mine[lane], winner[lane]);
    for (Index r = 0; r <= down; ++r)
      for (Index s = 0; s < (r < down ? window.width : right); ++s) {
        const Real* earlier = corner + (r * in.width + s) * in.pixel_stride();
        for (int lane = 0; lane < View::lanes; ++lane)
          wins[lane] &= 1 ^ is_maximum(earlier[lane], winner[lane]);
      }
    for (int lane = 0; lane < View::lanes; ++lane) {
      const Arithmetic<Real> passed = flow[lane];
      sum[lane] += wins[lane] ? passed : 0;
    }
  }
};

/// The same where windows do not overlap: each output cell hands its dy to the first maximum of its window,
/// and zero to the others. Pixels that no window covers are not written. One call per output cell.
template <class Real, class View>
struct DisjointMaxPoolGradient {
  View out, in;
  PoolWindow window;
  MaxPoolOperands<Real> at;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    const Index corner = in.offset(cell.n, cell.block, cell.row * window.stride, cell.column * window.stride);
    Arithmetic<Real> maximum[View::lanes], flow[View::lanes];
    load_lanes(at.y + i * View::lanes, maximum);
    load_lanes(at.dy + i * View::lanes, flow);
    for (Index r = 0; r < window.height; ++r)
      for (Index s = 0; s < window.width; ++s) {
        const Index pixel = corner + (r * in.width + s) * in.pixel_stride();
        Arithmetic<Real> value[View::lanes], passed[View::lanes];
        load_lanes(at.x + pixel, value);
        WEIR_SIMD
        for (int lane = 0; lane < View::lanes; ++lane) {
          const bool wins = is_maximum(value[lane], maximum[lane]);
          passed[lane] = wins ? flow[lane] : 0;
          flow[lane] = wins ? 0 : flow[lane];
        }
        store_lanes(passed, at.dx + pixel);
      }
  }
};

/// y [N, C] plain = max over all pixels, one block of channels of one image per call.
template <class Real, class View>
struct GlobalMaxPool {
  View in;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(Index i) const {
    const Index n = i / in.blocks(), block = i % in.blocks();
    const Real* map = x + in.offset(n, block, 0, 0);
    Arithmetic<Real> best[View::lanes];
    for (int lane = 0; lane < View::lanes; ++lane) best[lane] = map[lane];
    for (Index p = 1; p < in.pixels(); ++p) {
      WEIR_SIMD
      for (int lane = 0; lane < View::lanes; ++lane) {
        const Arithmetic<Real> value = map[p * in.pixel_stride() + lane];
        best[lane] = takes_over(value, best[lane]) ? value : best[lane];
      }
    }
    for (int lane = 0; lane < in.used_lanes(block); ++lane)
      y[n * in.channels + block * View::lanes + lane] = static_cast<Real>(best[lane]);
  }
};

/// dx = dy at the first maximum of each map, 0 elsewhere; one block of channels of one image per call.
template <class Real, class View>
struct GlobalMaxPoolGradient {
  View in;
  const Real* x;
  const Real* dy;
  Real* dx;

  WEIR_HD void operator()(Index i) const {
    const Index n = i / in.blocks(), block = i % in.blocks();
    const Index stride = in.pixel_stride();
    const Real* map = x + in.offset(n, block, 0, 0);
    Real* to = dx + in.offset(n, block, 0, 0);
    for (Index p = 0; p < in.pixels(); ++p)
      for (int lane = 0; lane < View::lanes; ++lane) to[p * stride + lane] = Real(0.0f);
    for (int lane = 0; lane < in.used_lanes(block); ++lane) {
      Index first = 0;
      for (Index p = 1; p < in.pixels(); ++p) {
        const Real best = map[first * stride + lane], value = map[p * stride + lane];
        if (value > best || (value != value && best == best)) first = p;
      }
      to[first * stride + lane] = dy[n * in.channels + block * View::lanes + lane];
    }
  }
};

}  // namespace weir
