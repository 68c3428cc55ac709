/// Training images set apart: what decisions are made on, so that the test images need not be asked.
#pragma once

#include <span>
#include <vector>

#include "data/cifar.h"

namespace weir {

/// Rows of a training set, each part in ascending order.
struct HoldoutSplit {
  std::vector<Index> train, held_out;
};

/// `held_out` of `count` rows, every choice equally likely; a function of the seed alone. Throws (usage)
/// unless something is left to train on.
HoldoutSplit split_rows(Index count, Index held_out, std::uint64_t seed);

/// The soft labels [N, classes] of some rows; empty when there are none.
std::vector<float> soft_labels_of(std::span<const float> labels, std::span<const Index> rows);

}  // namespace weir
