#include "tests/support/data.h"

#include <cmath>
#include <cstdlib>

#include "tensor/kernels/images.h"

namespace weir {

Values whole_numbers(Index count, Index low, Index high, const Rng& rng) {
  Dice dice(rng);
  Values values;
  for (Index i = 0; i < count; ++i) values.push_back(static_cast<double>(dice.between(low, high)));
  return values;
}

Values floats(Index count, Range range, const Rng& rng) {
  Values values;
  for (Index i = 0; i < count; ++i)
    values.push_back(range.low + (range.high - range.low) * random_unit(rng, static_cast<std::uint64_t>(i)));
  return values;
}

Values deviates(Index count, const Rng& rng) {
  Values values;
  for (Index i = 0; i < count; ++i)
    values.push_back(static_cast<float>(random_normal(rng, static_cast<std::uint64_t>(i))));
  return values;
}

Tensor tensor_of(const Values& values, const Shape& shape, Device& device, DType dtype) {
  return Tensor::from_host(std::span<const double>(values), shape, device).as(dtype);
}

Values absolute(const Values& values) {
  Values result(values);
  for (double& value : result) value = std::abs(value);
  return result;
}

std::uint64_t fuzz_seed() {
  const char* text = std::getenv("WEIR_FUZZ_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 20180618;
}

Index dirty_padding(const Tensor& x) {
  if (x.layout() == Layout::plain) return 0;
  const Shape& s = x.shape();
  const BlockedImages view{s[0], s[1], s[2], s[3]};
  const Index elements = view.cells() * block_width;
  std::vector<char> bytes(static_cast<std::size_t>(elements) * size_of(x.dtype()));
  x.device().memory().copy_to_host(bytes.data(), x.raw(), bytes.size());
  Index dirty = 0;
  with_real(x.dtype(), [&](auto zero) {
    const auto* values = reinterpret_cast<const decltype(zero)*>(bytes.data());
    for (Index i = 0; i < elements; ++i)
      dirty += i % block_width >= view.used_lanes(i / block_width / view.pixels() % view.blocks()) &&
               values[i] != 0;
  });
  return dirty;
}

}  // namespace weir
