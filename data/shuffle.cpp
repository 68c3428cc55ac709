#include "data/shuffle.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tensor/check.h"

namespace weir {

namespace {

constexpr std::uint64_t epoch_order_stream =
    0x6f72646572;  // "order": apart from what else a seed is used for

}  // namespace

std::vector<Index> drawn_in_front(Index drawn, Index count, const Rng& rng) {
  expects(drawn >= 0 && drawn <= count, "{} numbers drawn from {}", drawn, count);
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  for (Index i = 0; i < drawn; ++i) {
    const auto left = static_cast<std::uint64_t>(count - i);
    const Index chosen = i + static_cast<Index>(random_below(rng, static_cast<std::uint64_t>(i), left));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(chosen)]);
  }
  return order;
}

std::vector<Index> shuffled(Index count, const Rng& rng) { return drawn_in_front(count, count, rng); }

std::vector<Index> sample_without_replacement(Index count, Index population, const Rng& rng) {
  std::vector<Index> sample = drawn_in_front(count, population, rng);
  sample.resize(static_cast<std::size_t>(count));
  std::sort(sample.begin(), sample.end());
  return sample;
}

std::vector<Index> epoch_order(Index count, std::uint64_t seed, Index epoch) {
  return shuffled(count, Rng{seed, epoch_order_stream}.split(static_cast<std::uint64_t>(epoch)));
}

}  // namespace weir
