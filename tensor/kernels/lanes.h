/// Neighbouring elements in and out of the numbers that a kernel computes with. A loop that loads, computes
/// and stores at once does not become vectors where elements are bfloat16, which is a struct of 16 bits.
#pragma once

#include "tensor/kernels/bfloat16.h"

namespace weir {

template <int Count, class Real>
WEIR_HD inline void load_lanes(const Real* from, Arithmetic<Real> (&lanes)[Count]) {
  for (int lane = 0; lane < Count; ++lane) lanes[lane] = from[lane];
}

template <int Count>
WEIR_HD inline void load_lanes(const bfloat16* from, float (&lanes)[Count]) {
  std::uint16_t bits[Count];
  __builtin_memcpy(bits, from, sizeof bits);
  WEIR_SIMD
  for (int lane = 0; lane < Count; ++lane)
    lanes[lane] = __builtin_bit_cast(float, std::uint32_t{bits[lane]} << 16);
}

template <int Count, class Real>
WEIR_HD inline void store_lanes(const Arithmetic<Real> (&lanes)[Count], Real* to) {
  for (int lane = 0; lane < Count; ++lane) to[lane] = lanes[lane];
}

template <int Count>
WEIR_HD inline void store_lanes(const float (&lanes)[Count], bfloat16* to) {
  std::uint16_t bits[Count];
  WEIR_SIMD
  for (int lane = 0; lane < Count; ++lane) bits[lane] = bfloat16(lanes[lane]).bits;
  __builtin_memcpy(to, bits, sizeof bits);
}

}  // namespace weir
