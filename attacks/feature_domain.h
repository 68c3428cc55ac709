/// Which features may still move, in which order they are searched, and moving a pair of them.
#pragma once

#include <span>
#include <vector>

#include "attacks/attack.h"
#include "tensor/kernels/portable.h"

namespace weir {

/// nchw: channel by channel, as images lie here. nhwc: pixel by pixel, as in the libraries of 2018. Decides
/// between equal scores and which feature is the first; nothing else.
enum class FeatureOrder { nchw, nhwc };

/// The flat [C, H, W] index of the feature at `position` in an order.
struct FeatureIndex {
  Index channels = 1;  // of nhwc; 1 in nchw, where positions are indices
  Index pixels = 1;    // of each channel
  WEIR_HD constexpr Index operator()(Index position) const {
    return position % channels * pixels + position / channels;
  }
};
FeatureIndex feature_index(const Shape& images, FeatureOrder order);

/// 1 where x can move along the sign of `step` inside the pixel range, else 0. [n, C, H, W]
Tensor movable_features(const Tensor& x, double step, Range pixels);

/// factor * slope of the movable features, -infinity for the others, in the order of the search. slope,
/// domain [n, C, H, W] -> [n, C H W]
Tensor searched_slopes(const Tensor& slope, const Tensor& domain, double factor, const FeatureIndex& index);

/// x_i <- x_i + step for both features of each row's pair, one after the other and held inside the range;
/// takes them out of the domain. A row whose pair is -1, -1 stays as it is.
struct PairMove {
  std::span<const FeaturePair> pairs;  // [n], indices into [C, H, W]
  double step = 0;
  Range pixels = {};
};
void move_pairs(Tensor& x, Tensor& domain, const PairMove& move);

}  // namespace weir
