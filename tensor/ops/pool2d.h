/// Max and average pooling over windows and over whole maps, with gradients. Ties go to the first maximum in
/// row-major order.
#pragma once

#include "tensor/tensor.h"

namespace weir {

struct PoolOptions {
  Index window = 2;
  Index stride = 2;
};

/// x [N,C,H,W] -> [N,C,P,Q], P = (H - window) / stride + 1, in x's layout. Throws Error (usage) when the
/// window is too large.
Tensor max_pool(const Tensor& x, PoolOptions options);
/// dy [K * N,C,P,Q] -> dx [K * N,C,H,W]; x and y = max_pool(x) are read at row i % N.
Tensor max_pool_gradient(const Tensor& dy, const Tensor& x, const Tensor& y, PoolOptions options);

/// x [N,C,H,W] -> [N,C] plain.
Tensor global_max_pool(const Tensor& x);
/// dy [K * N,C] -> dx [K * N,C,H,W] in x's layout.
Tensor global_max_pool_gradient(const Tensor& dy, const Tensor& x);

/// x [N,C,H,W] -> [N,C,P,Q], the mean of each window; shapes as max_pool.
Tensor avg_pool(const Tensor& x, PoolOptions options);
/// dy [K * N,C,P,Q], x the shape [N,C,H,W] -> dx [K * N,C,H,W] in dy's layout.
Tensor avg_pool_gradient(const Tensor& dy, const Shape& x, PoolOptions options);

/// x [N,C,H,W] -> [N,C] plain.
Tensor global_avg_pool(const Tensor& x);
/// dy [K * N,C], x the shape [N,C,H,W] -> dx [K * N,C,H,W].
Tensor global_avg_pool_gradient(const Tensor& dy, const Shape& x, Layout layout);

}  // namespace weir
