#include "tensor/random.h"

#include <cmath>
#include <numbers>

#include "tensor/kernels/philox.h"

namespace weir {

std::array<std::uint32_t, 4> random_words(const Rng& rng, std::uint64_t counter) {
  const Words words = philox_words(rng.seed, rng.stream, counter);
  return {words.word[0], words.word[1], words.word[2], words.word[3]};
}

Rng Rng::split(std::uint64_t child) const {
  // Another key than the parent's own numbers have keeps children apart from them.
  const auto words = random_words({seed ^ 0x9E3779B97F4A7C15u, stream}, child);
  return {seed, (std::uint64_t{words[1]} << 32 | words[0]) | 1u};
}

float random_unit(const Rng& rng, std::uint64_t element) {
  return unit_from_word(random_words(rng, element / 4)[element % 4]);
}

std::uint64_t random_below(const Rng& rng, std::uint64_t element, std::uint64_t bound) {
  expects(bound > 0, "random_below needs a bound of 1 or more");
  const auto words = random_words(rng, element);
  __extension__ using Wide = unsigned __int128;
  const Wide wide = std::uint64_t{words[0]} << 32 | words[1];
  return static_cast<std::uint64_t>(wide * bound >> 64);
}

double random_normal(const Rng& rng, std::uint64_t element) {
  const auto words = random_words(rng, element);
  const double u = (static_cast<double>(std::uint64_t{words[0]} << 20 | words[1] >> 12) + 0.5) * 0x1p-52;
  const double v = static_cast<double>(words[2]) * 0x1p-32;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

Tensor uniform(const Shape& shape, Range range, Rng rng, Device& device, DType dtype) {
  std::vector<float> values(static_cast<std::size_t>(shape.volume()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = range.low + (range.high - range.low) * random_unit(rng, i);
  return Tensor::from_host(std::span<const float>(values), shape, device).as(dtype);
}

Tensor normal(const Shape& shape, double mean, double standard_deviation, Rng rng, Device& device,
              DType dtype) {
  std::vector<double> values(static_cast<std::size_t>(shape.volume()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = mean + standard_deviation * random_normal(rng, i);
  return Tensor::from_host(std::span<const double>(values), shape, device).as(dtype);
}

}  // namespace weir
