/// Average pooling and its gradient, one pixel of one block of channels per call. Windows are added in
/// row-major order.
#pragma once

#include "tensor/kernels/pool2d.h"

namespace weir {

/// y = the mean of the window under each output pixel.
template <class Real, class View>
struct AvgPool {
  View out, in;
  PoolWindow window;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    using Number = Arithmetic<Real>;
    const Real* corner =
        x + in.offset(cell.n, cell.block, cell.row * window.stride, cell.column * window.stride);
    Number sum[View::lanes] = {};
    for (Index r = 0; r < window.height; ++r)
      for (Index s = 0; s < window.width; ++s)
        for (int lane = 0; lane < View::lanes; ++lane)
          sum[lane] += corner[(r * in.width + s) * in.pixel_stride() + lane];
    const Number area = static_cast<Number>(window.height * window.width);
    for (int lane = 0; lane < View::lanes; ++lane)
      y[i * View::lanes + lane] = static_cast<Real>(sum[lane] / area);
  }
};

/// dx of an input pixel = the sum of dy over the windows that hold it, divided by their area.
template <class Real, class View>
struct AvgPoolGradient {
  View out, in;
  PoolWindow window;
  const Real* dy;
  Real* dx;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    using Number = Arithmetic<Real>;
    Number sum[View::lanes] = {};
    const Index first_p = window.first_at(cell.row, window.height),
                first_q = window.first_at(cell.column, window.width);
    for (Index p = first_p; p < out.height && p * window.stride <= cell.row; ++p)
      for (Index q = first_q; q < out.width && q * window.stride <= cell.column; ++q) {
        const Real* flow = dy + out.offset(cell.n, cell.block, p, q);
        for (int lane = 0; lane < View::lanes; ++lane) sum[lane] += flow[lane];
      }
    const Number area = static_cast<Number>(window.height * window.width);
    for (int lane = 0; lane < View::lanes; ++lane)
      dx[i * View::lanes + lane] = static_cast<Real>(sum[lane] / area);
  }
};

/// y [N, C] plain = the mean of all pixels, one block of channels of one image per call.
template <class Real, class View>
struct GlobalAvgPool {
  View in;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(Index i) const {
    using Number = Arithmetic<Real>;
    const Index n = i / in.blocks(), block = i % in.blocks();
    const Real* map = x + in.offset(n, block, 0, 0);
    Number sum[View::lanes] = {};
    for (Index p = 0; p < in.pixels(); ++p)
      for (int lane = 0; lane < View::lanes; ++lane) sum[lane] += map[p * in.pixel_stride() + lane];
    for (int lane = 0; lane < in.used_lanes(block); ++lane)
      y[n * in.channels + block * View::lanes + lane] =
          static_cast<Real>(sum[lane] / static_cast<Number>(in.pixels()));
  }
};

/// dx = dy / pixels everywhere on a map, 0 in pad channels. One cell of dx per call.
template <class Real, class View>
struct GlobalAvgPoolGradient {
  View in;
  const Real* dy;
  Real* dx;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    using Number = Arithmetic<Real>;
    const int used = in.used_lanes(cell.block);
    const Real* flow = dy + cell.n * in.channels + cell.block * View::lanes;
    for (int lane = 0; lane < View::lanes; ++lane)
      dx[i * View::lanes + lane] =
          static_cast<Real>(lane < used ? flow[lane] / static_cast<Number>(in.pixels()) : Number(0));
  }
};

}  // namespace weir
