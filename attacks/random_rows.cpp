#include "attacks/random_rows.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "tensor/kernels/launch.h"
#include "tensor/kernels/philox.h"

namespace weir {
namespace {

/// Box and Muller 1958: a standard normal from two words; never the logarithm of 0.
WEIR_HD inline double normal_from_words(std::uint32_t first, std::uint32_t second) {
  const double u = (static_cast<double>(first) + 0.5) * 0x1p-32, v = static_cast<double>(second) * 0x1p-32;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

template <class Real>
struct FillRows {
  RandomValues values;
  Index width;
  const std::uint64_t* keys;  // seed and stream of each row
  Real* x;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / width;
    const auto k = static_cast<std::uint64_t>(i % width);
    const Words words = philox_words(keys[2 * row], keys[2 * row + 1], k / 2);
    const std::uint32_t first = words.word[2 * (k % 2)], second = words.word[2 * (k % 2) + 1];
    if (values == RandomValues::gaussian)
      x[i] = static_cast<Real>(normal_from_words(first, second));
    else if (values == RandomValues::uniform)
      x[i] = static_cast<Real>(2 * unit_from_word(first) - 1);
    else
      x[i] = first >> 31 ? Real(1) : Real(-1);
  }
};

}  // namespace

Tensor random_rows(const Tensor& x, RandomValues values, std::span<const Rng> rngs) {
  ensures(static_cast<Index>(rngs.size()) == x.rows(), "one generator a row");
  std::vector<std::uint64_t> keys;
  for (const Rng& rng : rngs) keys.insert(keys.end(), {rng.seed, rng.stream});
  const auto there = Array<std::uint64_t>::from_host(keys, x.device());
  Tensor result = Tensor::like(x);
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(
        x.device(), x.storage(),
        FillRows<Real>{values, x.shape().row_volume(), there.read(), result.template overwrite<Real>()});
  });
  return result;
}

}  // namespace weir
