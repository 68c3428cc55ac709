/// Convolution as a matrix product: columns [C * R * S, P * Q] of one image, and back. Both directions are
/// pure functions of the output index; the way back gathers.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// The geometry of one image's convolution, as kernels need it.
struct ColumnGeometry {
  Index height, width, window_height, window_width, stride, padding, out_height, out_width;
};

/// The output columns q of a row whose input pixel q * stride + s - padding exists: [first, last).
struct ColumnRange {
  Index first, last;
};

WEIR_HD inline ColumnRange columns_inside(const ColumnGeometry& g, Index s) {
  const auto rounded_up = [&](Index distance) {
    return distance <= 0 ? 0 : (distance + g.stride - 1) / g.stride;
  };
  const Index first = rounded_up(g.padding - s), last = rounded_up(g.width + g.padding - s);
  return {first < g.out_width ? first : g.out_width, last < g.out_width ? last : g.out_width};
}

/// columns[(c, r, s), (p, q)] = x[c, p * stride + r - padding, q * stride + s - padding], 0 outside. One call
/// per (c, r, s, p), so that a row is copied and not computed pixel by pixel.
template <class Real>
struct ImageToColumns {
  ColumnGeometry g;
  const Real* x;
  Real* columns;
  WEIR_HD void operator()(Index i) const {
    Index rest = i;
    const Index p = rest % g.out_height;
    rest /= g.out_height;
    const Index s = rest % g.window_width;
    rest /= g.window_width;
    const Index r = rest % g.window_height;
    const Index c = rest / g.window_height;
    const Index h = p * g.stride + r - g.padding;
    ColumnRange inside = columns_inside(g, s);
    if (h < 0 || h >= g.height) inside = {0, 0};
    const Index from = (c * g.height + h) * g.width + s - g.padding;
    Real* to = columns + i * g.out_width;
    for (Index q = 0; q < inside.first; ++q) to[q] = 0;
    if (g.stride == 1)
      for (Index q = inside.first; q < inside.last; ++q) to[q] = x[from + q];
    else
      for (Index q = inside.first; q < inside.last; ++q) to[q] = x[from + q * g.stride];
    for (Index q = inside.last; q < g.out_width; ++q) to[q] = 0;
  }
};

/// dx[c, h, w] = the sum of all columns that read this pixel, in the order of (r, s). One call per (c, h).
template <class Real>
struct ColumnsToImage {
  ColumnGeometry g;
  const Real* columns;
  Real* dx;
  WEIR_HD void operator()(Index i) const {
    const Index h = i % g.height, c = i / g.height;
    Real* to = dx + i * g.width;
    for (Index w = 0; w < g.width; ++w) to[w] = 0;
    for (Index r = 0; r < g.window_height; ++r) {
      const Index p = h + g.padding - r;
      if (p < 0 || p % g.stride != 0 || p / g.stride >= g.out_height) continue;
      for (Index s = 0; s < g.window_width; ++s)
        add_row((c * g.window_height + r) * g.window_width + s, s, p / g.stride, to);
    }
  }

 private:
  WEIR_HD void add_row(Index row, Index s, Index p, Real* to) const {
    const ColumnRange inside = columns_inside(g, s);
    const Real* from = columns + (row * g.out_height + p) * g.out_width;
    const Index shift = s - g.padding;
    if (g.stride == 1)
      for (Index q = inside.first; q < inside.last; ++q) to[q + shift] += from[q];
    else
      for (Index q = inside.first; q < inside.last; ++q) to[q * g.stride + shift] += from[q];
  }
};

/// y[k, p, q] = bias[k], what a gemm then adds to; no bias means 0. One call per k.
template <class Real>
struct BroadcastBias {
  Index pixels;
  const Real* bias;
  Real* y;
  WEIR_HD void operator()(Index k) const {
    const Real value = bias ? bias[k] : Real(0);
    for (Index i = 0; i < pixels; ++i) y[k * pixels + i] = value;
  }
};

}  // namespace weir
