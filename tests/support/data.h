/// Numbers for tests: pure functions of a generator, the same on every machine.
#pragma once

#include "tensor/random.h"
#include "tests/support/approx.h"

namespace weir {

/// Whole numbers in [low, high]: sums of their products are exact, so every order of addition must agree.
Values whole_numbers(Index count, Index low, Index high, const Rng& rng);
/// Uniform floats, exact in f32 and f64.
Values floats(Index count, Range range, const Rng& rng);
/// Normal deviates, rounded to f32.
Values deviates(Index count, const Rng& rng);

Tensor tensor_of(const Values& values, const Shape& shape, Device& device, DType dtype = DType::f32);
Values absolute(const Values& values);

/// Elements in pad channels that are not zero; 0 for plain tensors.
Index dirty_padding(const Tensor& x);

/// Draws one after the other, for shapes and options.
class Dice {
 public:
  explicit Dice(const Rng& rng) : rng_(rng) {}
  /// In [low, high].
  Index between(Index low, Index high) {
    return low + static_cast<Index>(random_below(rng_, drawn_++, static_cast<std::uint64_t>(high - low + 1)));
  }
  template <class List>
  auto one_of(const List& list) {
    return list[static_cast<std::size_t>(between(0, static_cast<Index>(std::size(list)) - 1))];
  }

 private:
  Rng rng_;
  std::uint64_t drawn_ = 0;
};

/// The seed of fuzzed shapes: WEIR_FUZZ_SEED, or a constant. A failing test prints it.
std::uint64_t fuzz_seed();

}  // namespace weir
