/// Floats as integers in the same order (-NaN < -inf < ... < -0 < +0 < ... < inf < NaN): the compiler may
/// then compare in any order and many at once, where it must keep floats in line for NaN's sake.
#pragma once

#include <limits>

#include "tensor/kernels/portable.h"

namespace weir {

constexpr std::int32_t all_but_the_sign = 0x7FFFFFFF;

WEIR_HD inline std::int32_t order_key(float value) {
  const auto bits = __builtin_bit_cast(std::int32_t, value);
  return bits ^ ((bits >> 31) & all_but_the_sign);
}

/// The inverse of order_key.
WEIR_HD inline float float_of(std::int32_t key) {
  return __builtin_bit_cast(float, key ^ ((key >> 31) & all_but_the_sign));
}

/// Least and greatest of some floats, as their keys.
struct KeyRange {
  std::int32_t low = 0;
  std::int32_t high = 0;
};

inline bool is_finite(KeyRange range) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return range.low > order_key(-infinity) && range.high < order_key(infinity);
}

}  // namespace weir
