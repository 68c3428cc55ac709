/// The null of Estimator::shift_null: a map moved over itself as on a torus has the same histogram and the
/// same smoothness, but no longer meets the other map where it did. Shuffled pixels would set the null too
/// low.
#pragma once

#include <vector>

#include "infoflow/symbol_maps.h"

namespace weir {

struct Shift {
  Index rows = 0;
  Index columns = 0;
};

/// `count` shifts spread evenly over those that move a map by at least a quarter of its height or width, both
/// ways round; all of them where there are fewer, none for a map of one pixel.
std::vector<Shift> null_shifts(MapSize size, int count);

/// result[r, c] = maps[r - shift.rows, c - shift.columns], modulo height and width.
SymbolMaps shifted(const SymbolMaps& maps, Shift shift);

}  // namespace weir
