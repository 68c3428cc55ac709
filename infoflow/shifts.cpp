#include "infoflow/shifts.h"

#include <algorithm>

#include "tensor/check.h"

namespace weir {
namespace {

Index around(Index shift, Index side) { return std::min(shift, side - shift); }

/// At least a pixel, so that the map itself is never in its own null.
bool far(Shift shift, MapSize size) {
  return around(shift.rows, size.height) >= std::max<Index>(1, (size.height + 3) / 4) ||
         around(shift.columns, size.width) >= std::max<Index>(1, (size.width + 3) / 4);
}

}  // namespace

std::vector<Shift> null_shifts(MapSize size, int count) {
  expects(count >= 1, "{} shifts for the null, expected at least 1", count);
  std::vector<Shift> candidates;
  for (Index r = 0; r < size.height; ++r)
    for (Index c = 0; c < size.width; ++c)
      if (far({r, c}, size)) candidates.push_back({r, c});
  if (std::ssize(candidates) <= count) return candidates;
  std::vector<Shift> chosen;
  for (Index i = 0; i < count; ++i)
    chosen.push_back(
        candidates[static_cast<std::size_t>((2 * i + 1) * std::ssize(candidates) / (2 * count))]);
  return chosen;
}

SymbolMaps shifted(const SymbolMaps& maps, Shift shift) {
  SymbolMaps result = maps;
  const auto [height, width] = maps.size;
  for (Index c = 0; c < maps.channels; ++c)
    for (Index r = 0; r < height; ++r) {
      const auto from =
          maps.map(c).subspan(static_cast<std::size_t>(r * width), static_cast<std::size_t>(width));
      const auto to = result.map(c).begin() + (r + shift.rows) % height * width;
      std::rotate_copy(from.begin(), from.begin() + (width - shift.columns) % width, from.end(), to);
    }
  return result;
}

}  // namespace weir
