#include "tensor/ops/pool2d.h"

#include "tensor/kernels/avg_pool2d.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/pool2d.h"
#include "tensor/ops/image_views.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

Shape pooled_shape(const Shape& x, PoolOptions options) {
  expects(x.rank() == 4, "pooling wants images [N, C, H, W], got {}", to_string(x));
  expects(options.window >= 1 && options.stride >= 1, "pooling window {} and stride {} must be 1 or more",
          options.window, options.stride);
  expects(x[2] >= options.window && x[3] >= options.window, "pooling window {} is larger than the input {}",
          options.window, to_string(x));
  return {x[0], x[1], (x[2] - options.window) / options.stride + 1,
          (x[3] - options.window) / options.stride + 1};
}

PoolWindow window_of(PoolOptions options) { return {options.window, options.window, options.stride}; }

}  // namespace

Tensor max_pool(const Tensor& x, PoolOptions options) {
  Tensor y = Tensor::uninitialised(pooled_shape(x.shape(), options), x.device(), x.dtype(), x.layout());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    const auto out = view_like(in, y.shape());
    for_each_cell(x.device(), out,
                  MaxPool<Real, decltype(in)>{out, in, window_of(options), x.read<Real>(x.layout()),
                                              y.overwrite<Real>()},
                  out.lanes * options.window * options.window);
  });
  return y;
}

Tensor max_pool_gradient(const Tensor& dy_any, const Tensor& x, const Tensor& y, PoolOptions options) {
  const Tensor dy = dy_any.in(x.layout());
  const Index cotangents = cotangents_of(dy, y);
  const PoolWindow window = window_of(options);
  const bool disjoint = options.stride >= options.window;
  const auto covered = [&](Index in, Index out) { return in == out * options.window; };
  const bool all_written =
      !disjoint || (options.stride == options.window && covered(x.shape()[2], y.shape()[2]) &&
                    covered(x.shape()[3], y.shape()[3]));
  const Shape shape = x.shape().with_rows(dy.rows());
  Tensor dx = all_written ? Tensor::uninitialised(shape, x.device(), x.dtype(), x.layout())
                          : Tensor::zeros(shape, x.device(), x.dtype(), x.layout());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    using View = decltype(in);
    const View out = view_like(in, y.shape());
    const Real* maxima = y.read<Real>(x.layout());
    Real* to = dx.update<Real>();
    for (Index k = 0; k < cotangents; ++k) {
      const Real* flow = dy.read<Real>(x.layout()) + k * y.storage();
      const MaxPoolOperands<Real> operands{x.read<Real>(x.layout()), maxima, flow, to + k * x.storage()};
      if (disjoint)
        for_each_cell(x.device(), out, DisjointMaxPoolGradient<Real, View>{out, in, window, operands},
                      out.lanes * window.height * window.width);
      else
        for_each_cell(x.device(), in, MaxPoolGradient<Real, View>{out, in, window, operands},
                      out.lanes * window.height);
    }
  });
  return dx;
}

Tensor global_max_pool(const Tensor& x) {
  Tensor y = Tensor::uninitialised({x.shape()[0], x.shape()[1]}, x.device(), x.dtype());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    expects(in.pixels() > 0, "global max pooling of {}: there are no pixels", to_string(x.shape()));
    for_each_index(x.device(), in.count * in.blocks(),
                   GlobalMaxPool<Real, decltype(in)>{in, x.read<Real>(x.layout()), y.overwrite<Real>()},
                   in.pixels() * in.lanes);
  });
  return y;
}

Tensor global_max_pool_gradient(const Tensor& dy, const Tensor& x) {
  const Index cotangents = cotangents_of(dy, {x.shape()[0], x.shape()[1]});
  require_same_device(dy.device(), x.device());
  Tensor dx = Tensor::uninitialised(x.shape().with_rows(dy.rows()), x.device(), x.dtype(), x.layout());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    Real* to = dx.overwrite<Real>();
    for (Index k = 0; k < cotangents; ++k)
      for_each_index(x.device(), in.count * in.blocks(),
                     GlobalMaxPoolGradient<Real, decltype(in)>{in, x.read<Real>(x.layout()),
                                                               dy.read<Real>() + k * in.count * in.channels,
                                                               to + k * x.storage()},
                     in.pixels() * in.lanes);
  });
  return dx;
}

Tensor avg_pool(const Tensor& x, PoolOptions options) {
  Tensor y = Tensor::uninitialised(pooled_shape(x.shape(), options), x.device(), x.dtype(), x.layout());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    const auto out = view_like(in, y.shape());
    for_each_cell(x.device(), out,
                  AvgPool<Real, decltype(in)>{out, in, window_of(options), x.read<Real>(x.layout()),
                                              y.overwrite<Real>()},
                  out.lanes * options.window * options.window);
  });
  return y;
}

Tensor avg_pool_gradient(const Tensor& dy, const Shape& x, PoolOptions options) {
  cotangents_of(dy, pooled_shape(x, options));
  Tensor dx = Tensor::uninitialised(x.with_rows(dy.rows()), dy.device(), dy.dtype(), dy.layout());
  with_image_view(dx, [&](auto in, auto zero) {
    using Real = decltype(zero);
    const auto out = view_like(in, dy.shape());
    for_each_cell(dy.device(), in,
                  AvgPoolGradient<Real, decltype(in)>{out, in, window_of(options), dy.read<Real>(dy.layout()),
                                                      dx.overwrite<Real>()},
                  out.lanes * options.window);
  });
  return dx;
}

Tensor global_avg_pool(const Tensor& x) {
  Tensor y = Tensor::uninitialised({x.shape()[0], x.shape()[1]}, x.device(), x.dtype());
  with_image_view(x, [&](auto in, auto zero) {
    using Real = decltype(zero);
    expects(in.pixels() > 0, "global average pooling of {}: there are no pixels", to_string(x.shape()));
    for_each_index(x.device(), in.count * in.blocks(),
                   GlobalAvgPool<Real, decltype(in)>{in, x.read<Real>(x.layout()), y.overwrite<Real>()},
                   in.pixels() * in.lanes);
  });
  return y;
}

Tensor global_avg_pool_gradient(const Tensor& dy, const Shape& x, Layout layout) {
  cotangents_of(dy, {x[0], x[1]});
  Tensor dx = Tensor::uninitialised(x.with_rows(dy.rows()), dy.device(), dy.dtype(), layout);
  with_image_view(dx, [&](auto in, auto zero) {
    using Real = decltype(zero);
    for_each_cell(dy.device(), in,
                  GlobalAvgPoolGradient<Real, decltype(in)>{in, dy.read<Real>(), dx.overwrite<Real>()},
                  in.lanes);
  });
  return dx;
}

}  // namespace weir
