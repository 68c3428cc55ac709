/// Which class a row of logits names.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "tensor/shape.h"

namespace weir {

/// The index of the first of the largest values; -1 when any is NaN, or there are none.
template <class Real>
Index argmax(std::span<const Real> values) {
  if (values.empty() || std::ranges::any_of(values, [](Real value) { return std::isnan(value); })) return -1;
  return std::ranges::max_element(values) - values.begin();
}

}  // namespace weir
