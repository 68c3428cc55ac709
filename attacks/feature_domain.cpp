#include "attacks/feature_domain.h"

#include "tensor/kernels/launch.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

template <class Real>
struct SearchedSlopes {
  FeatureIndex index;
  Index features;
  Real factor;
  const Real* slope;
  const Real* domain;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const Index at = i / features * features + index(i % features);
    y[i] = domain[at] != 0 ? factor * slope[at] : Real(-INFINITY);
  }
};

template <class Real>
struct MovePair {
  Index features;
  Real step, low, high;
  const Index* pairs;  // [rows, 2]
  Real* x;
  Real* domain;
  WEIR_HD void operator()(Index row) const {
    for (Index i = 2 * row; i < 2 * row + 2 && pairs[i] >= 0; ++i) {
      const Index at = row * features + pairs[i];
      const Real moved = x[at] + step;
      const Real raised = moved < low ? low : moved;
      x[at] = raised > high ? high : raised;
      domain[at] = 0;
    }
  }
};

}  // namespace

FeatureIndex feature_index(const Shape& images, FeatureOrder order) {
  const Index pixels = images[2] * images[3];
  return order == FeatureOrder::nhwc ? FeatureIndex{images[1], pixels} : FeatureIndex{1, images[1] * pixels};
}

Tensor movable_features(const Tensor& x, double step, Range pixels) {
  return sign(step > 0 ? -1.0 * x + pixels.high : x + -pixels.low);
}

Tensor searched_slopes(const Tensor& slope, const Tensor& domain, double factor, const FeatureIndex& index) {
  const Index features = slope.shape().row_volume();
  Tensor result = Tensor::uninitialised({slope.rows(), features}, slope.device(), slope.dtype());
  with_real(slope.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(slope.device(), slope.storage(),
                   SearchedSlopes<Real>{index, features, static_cast<Real>(factor), slope.read<Real>(),
                                        domain.read<Real>(), result.overwrite<Real>()});
  });
  return result;
}

void move_pairs(Tensor& x, Tensor& domain, const PairMove& move) {
  std::vector<Index> flat;
  for (const FeaturePair& pair : move.pairs) flat.insert(flat.end(), {pair.first, pair.second});
  const auto pairs = Array<Index>::from_host(std::span<const Index>(flat), x.device());
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), x.rows(),
                   MovePair<Real>{x.shape().row_volume(), static_cast<Real>(move.step), move.pixels.low,
                                  move.pixels.high, pairs.read(), x.update<Real>(), domain.update<Real>()});
  });
}

}  // namespace weir
