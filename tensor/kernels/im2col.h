/// Convolution as a matrix product: columns [C * R * S, P * Q] of one image, and back. Both directions are
/// pure functions of the output index; the way back gathers.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// The geometry of one image's convolution, as kernels need it.
struct ColumnGeometry {
  Index height, width, window_height, window_width, stride, padding, out_height, out_width;
};

/// columns[(c, r, s), (p, q)] = x[c, p * stride + r - padding, q * stride + s - padding], 0 outside.
template <class Real>
struct ImageToColumns {
  ColumnGeometry g;
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
    const Index c = rest / g.window_height;
    const Index h = p * g.stride + r - g.padding;
    const Index w = q * g.stride + s - g.padding;
    const bool inside = h >= 0 && h < g.height && w >= 0 && w < g.width;
    columns[i] = inside ? x[(c * g.height + h) * g.width + w] : Real(0);
  }
};

/// dx[c, h, w] = the sum of all columns that read this pixel, in the order of (r, s).
template <class Real>
struct ColumnsToImage {
  ColumnGeometry g;
  const Real* columns;
  Real* dx;
  WEIR_HD void operator()(Index i) const {
    const Index w = i % g.width;
    const Index h = i / g.width % g.height;
    const Index c = i / (g.width * g.height);
    Real sum = 0;
    for (Index r = 0; r < g.window_height; ++r)
      for (Index s = 0; s < g.window_width; ++s) {
        const Index p = h + g.padding - r;
        const Index q = w + g.padding - s;
        if (p < 0 || q < 0 || p % g.stride != 0 || q % g.stride != 0) continue;
        if (p / g.stride >= g.out_height || q / g.stride >= g.out_width) continue;
        const Index row = (c * g.window_height + r) * g.window_width + s;
        sum += columns[(row * g.out_height + p / g.stride) * g.out_width + q / g.stride];
      }
    dx[i] = sum;
  }
};

/// y[k, p, q] = bias[k], what a gemm then adds to; no bias means 0.
template <class Real>
struct BroadcastBias {
  Index pixels;
  const Real* bias;
  Real* y;
  WEIR_HD void operator()(Index i) const { y[i] = bias ? bias[i / pixels] : Real(0); }
};

/// Item k of row c: pixel k of channel c over all images of a plain [N, C, pixels] tensor.
template <class Real>
struct ChannelItems {
  Index channels, pixels;
  const Real* x;
  WEIR_HD Real operator()(Index channel, Index k) const {
    return x[(k / pixels * channels + channel) * pixels + k % pixels];
  }
};

}  // namespace weir
