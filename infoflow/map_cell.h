/// One pixel of a map that is brought to a smaller size: the rules of downsample.h, on the host and on a
/// device.
#pragma once

#include <type_traits>

#include "infoflow/downsample.h"
#include "tensor/kernels/portable.h"

namespace weir {
namespace map_cell_detail {

struct Window {
  Index first, last;
};

WEIR_HD inline Window window_of(Index cell, Index from, Index to) {
  return {cell * from / to, ((cell + 1) * from + to - 1) / to};
}

WEIR_HD inline Index centre_of(Index cell, Index from, Index to) { return (2 * cell + 1) * from / (2 * to); }

template <class Value>
WEIR_HD Value greatest(const Value* map, Index columns, Window rows, Window across) {
  Value best = map[rows.first * columns + across.first];
  for (Index r = rows.first; r < rows.last; ++r)
    for (Index c = across.first; c < across.last; ++c) {
      const Value value = map[r * columns + c];
      best = best < value ? value : best;
    }
  return best;
}

template <class Value>
WEIR_HD Value mean(const Value* map, Index columns, Window rows, Window across) {
  double sum = 0;
  for (Index r = rows.first; r < rows.last; ++r)
    for (Index c = across.first; c < across.last; ++c) sum += map[r * columns + c];
  const double mean = sum / static_cast<double>((rows.last - rows.first) * (across.last - across.first));
  return static_cast<Value>(std::is_integral_v<Value> ? mean + 0.5 : mean);
}

}  // namespace map_cell_detail

/// Pixel (i, j) of map [change.from] at the size change.to.
template <class Value>
WEIR_HD Value map_cell(const Value* map, const SizeChange& change, Index i, Index j) {
  using namespace map_cell_detail;
  const MapSize from = change.from, to = change.to;
  if (change.rule == Downsample::nearest)
    return map[centre_of(i, from.height, to.height) * from.width + centre_of(j, from.width, to.width)];
  const Window rows = window_of(i, from.height, to.height);
  const Window across = window_of(j, from.width, to.width);
  return change.rule == Downsample::max ? greatest(map, from.width, rows, across)
                                        : mean(map, from.width, rows, across);
}

}  // namespace weir
