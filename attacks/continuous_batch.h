/// A batch that stays full: when a row has finished, the next one that waits takes its slot. Rows do not see
/// each other, so their results do not depend on who shares the batch with them.
#pragma once

#include <span>
#include <vector>

#include "tensor/kernels/portable.h"

namespace weir {

class ContinuousBatch {
 public:
  /// Rows 0 to rows - 1, at most `slots` of them at once.
  ContinuousBatch(Index rows, Index slots);

  bool any() const { return !rows_.empty(); }
  /// The row in each slot, -1 in one that has just become empty.
  std::span<const Index> rows() const { return rows_; }
  Index row(Index slot) const { return rows_[static_cast<std::size_t>(slot)]; }
  Index slots() const { return static_cast<Index>(rows_.size()); }
  /// The row in the slot has finished. Returns the row that takes its place, -1 if nobody waits.
  Index replace(Index slot);
  /// Removes empty slots. Returns the positions of those that stay, for keep_rows.
  std::vector<Index> close_empty();

 private:
  std::vector<Index> rows_;
  Index next_, end_;
};

}  // namespace weir
