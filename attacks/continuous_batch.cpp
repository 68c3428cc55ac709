#include "attacks/continuous_batch.h"

#include <algorithm>
#include <numeric>

namespace weir {

ContinuousBatch::ContinuousBatch(Index rows, Index slots)
    : rows_(static_cast<std::size_t>(std::min(rows, slots))), next_(std::min(rows, slots)), end_(rows) {
  std::iota(rows_.begin(), rows_.end(), Index{0});
}

Index ContinuousBatch::replace(Index slot) {
  return rows_[static_cast<std::size_t>(slot)] = next_ < end_ ? next_++ : -1;
}

std::vector<Index> ContinuousBatch::close_empty() {
  std::vector<Index> kept;
  for (Index slot = 0; slot < slots(); ++slot)
    if (rows_[static_cast<std::size_t>(slot)] >= 0) kept.push_back(slot);
  std::erase(rows_, -1);
  return kept;
}

}  // namespace weir
