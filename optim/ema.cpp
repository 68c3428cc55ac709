#include "optim/ema.h"

#include <cmath>

#include "tensor/kernels/launch.h"
#include "tensor/kernels/update.h"

namespace weir {

MovingAverage::MovingAverage(std::vector<const Parameter*> values, double decay)
    : values_(std::move(values)), decay_(decay) {
  expects(decay >= 0 && decay < 1, "the decay of a moving average must lie in [0, 1), found {}", decay);
  for (const Parameter* value : values_) averages_.push_back(*value);
}

void MovingAverage::update() {
  ++updates_;
  // The newest value's share of all weights so far; 1 at the first update.
  const double share = (1 - decay_) / (1 - std::pow(decay_, static_cast<double>(updates_)));
  for (std::size_t p = 0; p < values_.size(); ++p) {
    const Tensor& value = values_[p]->value;
    with_real(value.dtype(), [&](auto zero) {
      using Real = decltype(zero);
      for_each_index(
          value.device(), value.shape().volume(),
          MoveTowards<Real>{static_cast<Real>(share), value.read<Real>(), averages_[p].value.update<Real>()});
    });
  }
}

}  // namespace weir
