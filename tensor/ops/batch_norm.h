/// Batch normalisation (Ioffe and Szegedy 2015) in parts: moments, normalisation, gradients. Per-channel
/// vectors are on the host: they are short, and pieces of a batch exchange them there.
#pragma once

#include <span>
#include <vector>

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace weir {

/// Of `count` values in each channel: mean and m2, the sum of squared deviations from it.
struct ChannelMoments {
  double count = 0;
  std::vector<double> mean, m2;
};

/// x [N,C,H,W] or [N,C], merged in image order (Chan, Golub and LeVeque 1983).
ChannelMoments channel_moments(const Tensor& x);
ChannelMoments merge(const ChannelMoments& a, const ChannelMoments& b);

/// What a channel is normalised with.
struct ChannelScaling {
  std::vector<double> mean, inverse_deviation, weight, bias;
};

/// y = activation((x - mean) * inverse_deviation * weight + bias), in x's layout.
Tensor normalise(const Tensor& x, const ChannelScaling& scaling, Activation activation);

/// Per channel: the sum of dz, and of dz * xhat, where xhat = (x - mean) * inverse_deviation, and dz is what
/// the activation, none or relu, leaves of dy. One cotangent per image.
struct ChannelGradientSums {
  std::vector<double> dy, dy_xhat;
};
ChannelGradientSums channel_gradient_sums(const Tensor& dy, const Tensor& x, const ChannelScaling& scaling,
                                          Activation activation = Activation::none);

/// dx = weight * inverse_deviation * (dz - means.dy - xhat * means.dy_xhat). dy [K * N, ...]; K > 1 wants
/// zero means, that is, statistics that did not come from this batch.
Tensor normalise_gradient(const Tensor& dy, const Tensor& x, const ChannelScaling& scaling,
                          const ChannelGradientSums& means, Activation activation = Activation::none);

}  // namespace weir
