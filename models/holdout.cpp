#include "models/holdout.h"

#include <algorithm>

#include "data/shuffle.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr std::uint64_t holdout_stream = 0x686f6c64;  // "hold": apart from what else a seed is used for

}  // namespace

HoldoutSplit split_rows(Index count, Index held_out, std::uint64_t seed) {
  expects(held_out >= 0, "{} images held out", held_out);
  if (held_out >= count)
    fail({.code = "E0213",
          .message = fmt::format("{} images held out of {}: none are left to train on", held_out, count),
          .help = "a smaller `holdout` in the recipe, or `--data` with more images"});
  HoldoutSplit split;
  split.held_out = sample_without_replacement(held_out, count, Rng{seed, holdout_stream});
  auto next = split.held_out.begin();
  for (Index row = 0; row < count; ++row)
    if (next != split.held_out.end() && *next == row)
      ++next;
    else
      split.train.push_back(row);
  return split;
}

std::vector<float> soft_labels_of(std::span<const float> labels, std::span<const Index> rows) {
  std::vector<float> result;
  if (labels.empty()) return result;
  result.reserve(rows.size() * static_cast<std::size_t>(class_count));
  for (const Index row : rows) {
    const auto mine = labels.subspan(static_cast<std::size_t>(row * class_count), class_count);
    result.insert(result.end(), mine.begin(), mine.end());
  }
  return result;
}

}  // namespace weir
