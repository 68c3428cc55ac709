/// The upper half of a float: its range with 8 bits of precision. Storage only: kernels load it as float,
/// compute in float and round once when they store.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

struct bfloat16 {
  std::uint16_t bits;

  bfloat16() = default;
  /// To the nearest, ties to even; NaN stays NaN.
  WEIR_HD bfloat16(float x) {
    const std::uint32_t word = __builtin_bit_cast(std::uint32_t, x);
    const std::uint32_t rounded = (word + 0x7FFFu + (word >> 16 & 1u)) >> 16;
    const bool is_nan = (word & 0x7FFFFFFFu) > 0x7F800000u;
    bits = static_cast<std::uint16_t>(is_nan ? word >> 16 | 0x40u : rounded);
  }
  WEIR_HD explicit bfloat16(double x) : bfloat16(static_cast<float>(x)) {}
  WEIR_HD operator float() const { return __builtin_bit_cast(float, std::uint32_t{bits} << 16); }
};

template <class Real>
struct ArithmeticOf {
  using Type = Real;
};
template <>
struct ArithmeticOf<bfloat16> {
  using Type = float;
};
/// What a kernel computes in when its elements are stored as Real.
template <class Real>
using Arithmetic = typename ArithmeticOf<Real>::Type;

}  // namespace weir
