/// Convolution of a whole batch as matrix products: columns [N, C * R * S, P * Q] and back, one element per
/// call, so that neighbouring threads of a GPU touch neighbouring addresses. kernels/im2col.h is the same of
/// one image, row by row, which is what a CPU wants.
#pragma once

#include "tensor/kernels/im2col.h"

namespace weir {

/// columns[n, (c, r, s), (p, q)] = x[n, c, p * stride + r - padding, q * stride + s - padding], 0 outside.
template <class Real>
struct BatchToColumns {
  ColumnGeometry g;
  Index channels;
  const Real* x;
  Real* columns;
  WEIR_HD void operator()(Index i) const {
    Index rest = i;
    const Index q = rest % g.out_width;
    rest /= g.out_width;
    const Index p = rest % g.out_height;
    rest /= g.out_height;
    const Index s = rest % g.window_width;
    rest /= g.window_width;
    const Index r = rest % g.window_height;
    const Index map = rest / g.window_height;  // n * channels + c
    const Index h = p * g.stride + r - g.padding, w = q * g.stride + s - g.padding;
    const bool inside = h >= 0 && h < g.height && w >= 0 && w < g.width;
    columns[i] = inside ? x[(map * g.height + h) * g.width + w] : Real(0);
  }
};

/// dx[n, c, h, w] = the sum of all columns that read this pixel, in the order of (r, s).
template <class Real>
struct ColumnsToBatch {
  ColumnGeometry g;
  const Real* columns;
  Real* dx;
  WEIR_HD void operator()(Index i) const {
    const Index w = i % g.width, h = i / g.width % g.height, map = i / (g.width * g.height);
    Real sum = 0;
    for (Index r = 0; r < g.window_height; ++r)
      for (Index s = 0; s < g.window_width; ++s) {
        const Index p = h + g.padding - r, q = w + g.padding - s;
        if (p < 0 || q < 0 || p % g.stride != 0 || q % g.stride != 0) continue;
        if (p / g.stride >= g.out_height || q / g.stride >= g.out_width) continue;
        const Index row = (map * g.window_height + r) * g.window_width + s;
        sum += columns[(row * g.out_height + p / g.stride) * g.out_width + q / g.stride];
      }
    dx[i] = sum;
  }
};

/// y[n, k, pixel] = bias[k], where a product is then added; no bias means 0.
template <class Real>
struct BiasOfBatch {
  Index channels, pixels;
  const Real* bias;
  Real* y;
  WEIR_HD void operator()(Index i) const { y[i] = bias ? bias[i / pixels % channels] : Real(0); }
};

/// sum[i] (+)= part[0, i] + part[1, i] + ..., in this order.
template <class Real>
struct SumInOrder {
  Index parts, count;
  bool accumulate;
  const Real* part;
  Real* sum;
  WEIR_HD void operator()(Index i) const {
    Real total = accumulate ? sum[i] : Real(0);
    for (Index p = 0; p < parts; ++p) total += part[p * count + i];
    sum[i] = total;
  }
};

}  // namespace weir
