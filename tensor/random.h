/// Random numbers as a pure function of (seed, stream, element): the same numbers on every device, for any
/// thread count, in any order. Philox-4x32-10 of Salmon et al. 2011, "Parallel random numbers: as easy as 1,
/// 2, 3".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tensor/tensor.h"

namespace weir {

struct Rng {
  std::uint64_t seed = 2018;
  std::uint64_t stream = 0;
  /// An independent generator; the same child always gives the same one.
  Rng split(std::uint64_t child) const;
};

/// FNV-1a: the same name gives the same stream, in every process.
constexpr std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

/// The four 32-bit words at position `counter` of a generator.
std::array<std::uint32_t, 4> random_words(const Rng& rng, std::uint64_t counter);
/// In [0, 1), a multiple of 2^-24: exact in float.
float random_unit(const Rng& rng, std::uint64_t element);
/// In [0, bound), without bias worth mentioning (bound below 2^32).
std::uint64_t random_below(const Rng& rng, std::uint64_t element, std::uint64_t bound);
/// Standard normal by Box and Muller.
double random_normal(const Rng& rng, std::uint64_t element);

struct Range {
  float low = -1.0f;
  float high = 1.0f;
};
Tensor uniform(const Shape& shape, Range range, Rng rng, Device& device, DType dtype = DType::f32);
Tensor normal(const Shape& shape, double mean, double standard_deviation, Rng rng, Device& device,
              DType dtype = DType::f32);

}  // namespace weir
