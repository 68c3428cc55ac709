#include "attacks/tanh_descent.h"

#include "attacks/lockstep.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/pointwise.h"

namespace weir {

TanhDescent::TanhDescent(const Tensor& originals, Range pixels, std::span<const Index> rows)
    : originals_(originals), best_(originals), range_(pixels) {
  const auto slots = static_cast<Index>(rows.size());
  for (Tensor* state : {&origin_, &start_, &shift_, &mean_, &mean_square_, &tanh_, &pixels_})
    *state = Tensor::uninitialised(originals.shape().with_rows(slots), originals.device(), originals.dtype());
  std::vector<SlotStep> steps;
  for (const Index row : rows) steps.push_back({.row = row, .move = SlotMove::restart, .next = row});
  advance(Tensor::like(pixels_), steps);
}

std::vector<double> TanhDescent::squared_distances() const {
  const RowShape rows{pixels_.rows(), pixels_.shape().row_volume()};
  Tensor sums = Tensor::uninitialised({rows.rows}, pixels_.device(), DType::f64);
  with_real(pixels_.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    reduce_rows<Sum<double>>(
        pixels_.device(), rows,
        SquaredGaps<Real>{rows.items, pixels_.template read<Real>(), start_.template read<Real>()},
        sums.overwrite<double>());
  });
  return sums.to_host_double();
}

Tensor TanhDescent::loss_gradient(const Tensor& gradient) const {
  return add_scaled(gradient, 2, pixels_ - start_);
}

void TanhDescent::advance(const Tensor& gradient, std::span<const SlotStep> steps) {
  ensures(gradient.shape() == pixels_.shape() && static_cast<Index>(steps.size()) == pixels_.rows(),
          "a gradient and a step for each slot");
  const auto there = Array<SlotStep>::from_host(steps, pixels_.device());
  with_real(pixels_.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(pixels_.device(), pixels_.storage(),
                   TanhAdam<Real>{.items = pixels_.shape().row_volume(),
                                  .low = static_cast<Real>(range_.low),
                                  .high = static_cast<Real>(range_.high),
                                  .steps = there.read(),
                                  .originals = originals_.read<Real>(),
                                  .gradient = gradient.read<Real>(),
                                  .origin = origin_.update<Real>(),
                                  .start = start_.update<Real>(),
                                  .shift = shift_.update<Real>(),
                                  .mean = mean_.update<Real>(),
                                  .mean_square = mean_square_.update<Real>(),
                                  .tanh = tanh_.update<Real>(),
                                  .pixels = pixels_.update<Real>(),
                                  .best = best_.update<Real>()});
  });
}

void TanhDescent::keep(std::span<const Index> slots) {
  if (static_cast<Index>(slots.size()) == pixels_.rows()) return;
  for (Tensor* state : {&origin_, &start_, &shift_, &mean_, &mean_square_, &tanh_, &pixels_})
    *state = keep_rows(*state, slots);
}

}  // namespace weir
