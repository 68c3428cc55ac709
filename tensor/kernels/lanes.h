/// Neighbouring elements in and out of the numbers that a kernel computes with. A loop that loads, computes
/// and stores at once does not become vectors where elements are bfloat16, which is a struct of 16 bits.
#pragma once

#include <cstddef>

#include "tensor/kernels/bfloat16.h"

namespace weir {

/// The same pointer, to Count elements that begin where a block of lanes does: at a multiple of 16 bytes, if
/// so many fill them. A GPU's thread then asks for 16 bytes at once and not for element after element; of
/// bytes whose alignment it does not know it would ask one by one.
template <int Count, class Real>
WEIR_HD inline Real* at_lanes(Real* pointer) {
  constexpr std::size_t alignment = Count * sizeof(Real) % 16 == 0 ? 16 : alignof(Real);
  return static_cast<Real*>(__builtin_assume_aligned(pointer, alignment));
}

/// A GPU makes 16 bytes at once of a copy of bytes, and not of a loop. A CPU's compiler keeps an array that
/// was copied by bytes in memory and not in vector registers (measured: half as slow again).
template <int Count, class Real>
WEIR_HD inline void copy_lanes(const Real* from, Real* to) {
#ifdef __CUDA_ARCH__
  __builtin_memcpy(to, from, Count * sizeof(Real));
#else
  for (int lane = 0; lane < Count; ++lane) to[lane] = from[lane];
#endif
}

template <int Count, class Real>
WEIR_HD inline void load_lanes(const Real* from, Arithmetic<Real> (&lanes)[Count]) {
  copy_lanes<Count>(at_lanes<Count>(from), lanes);
}

template <int Count>
WEIR_HD inline void load_lanes(const bfloat16* from, float (&lanes)[Count]) {
  std::uint16_t bits[Count];
  __builtin_memcpy(bits, at_lanes<Count>(from), sizeof bits);
  WEIR_SIMD
  for (int lane = 0; lane < Count; ++lane)
    lanes[lane] = __builtin_bit_cast(float, std::uint32_t{bits[lane]} << 16);
}

template <int Count, class Real>
WEIR_HD inline void store_lanes(const Arithmetic<Real> (&lanes)[Count], Real* to) {
  copy_lanes<Count>(lanes, at_lanes<Count>(to));
}

template <int Count>
WEIR_HD inline void store_lanes(const float (&lanes)[Count], bfloat16* to) {
  std::uint16_t bits[Count];
  WEIR_SIMD
  for (int lane = 0; lane < Count; ++lane) bits[lane] = bfloat16(lanes[lane]).bits;
  __builtin_memcpy(at_lanes<Count>(to), bits, sizeof bits);
}

}  // namespace weir
