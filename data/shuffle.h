/// Random orders and samples that are pure functions of their seed: the same on every machine and for any
/// thread count.
#pragma once

#include <vector>

#include "tensor/random.h"

namespace weir {

/// 0 ... count - 1 in random order, every order equally likely (Fisher & Yates; Durstenfeld 1964).
std::vector<Index> shuffled(Index count, const Rng& rng);

/// The same with only its first `drawn` places at random; behind them stands what was not drawn.
std::vector<Index> drawn_in_front(Index drawn, Index count, const Rng& rng);

/// `count` different numbers below `population`, every set equally likely, in ascending order.
std::vector<Index> sample_without_replacement(Index count, Index population, const Rng& rng);

/// The order in which an epoch of training visits its images.
std::vector<Index> epoch_order(Index count, std::uint64_t seed, Index epoch);

}  // namespace weir
