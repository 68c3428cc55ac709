#include "infoflow/downsample.h"

#include <algorithm>
#include <vector>

#include "infoflow/map_cell.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// Max over side x side windows that tile the map: rows first, which runs at vector speed over neighbouring
/// columns.
template <int side, class Value>
void tile_max(const Value* map, MapSize to, Value* result) {
  const Index columns = to.width * side;
  std::vector<Value> rows(static_cast<std::size_t>(columns));
  for (Index i = 0; i < to.height; ++i) {
    const Value* top = map + i * side * columns;
    for (Index c = 0; c < columns; ++c) {
      Value best = top[c];
      for (int r = 1; r < side; ++r) best = std::max(best, top[r * columns + c]);
      rows[static_cast<std::size_t>(c)] = best;
    }
    for (Index j = 0; j < to.width; ++j) {
      Value best = rows[static_cast<std::size_t>(j * side)];
      for (int c = 1; c < side; ++c) best = std::max(best, rows[static_cast<std::size_t>(j * side + c)]);
      result[i * to.width + j] = best;
    }
  }
}

template <class Value>
bool tiled_max(const Value* map, const SizeChange& change, Value* result) {
  const auto tiles = [&](Index side) {
    return change.from.height == side * change.to.height && change.from.width == side * change.to.width;
  };
  if (tiles(2)) return tile_max<2>(map, change.to, result), true;
  if (tiles(4)) return tile_max<4>(map, change.to, result), true;
  return false;
}

template <class Value>
void downsample_map(std::span<const Value> map, const SizeChange& change, std::span<Value> result) {
  const auto& [from, to, rule] = change;
  expects(to.height >= 1 && to.width >= 1 && to.height <= from.height && to.width <= from.width,
          "a map of {}x{} cannot be downsampled to {}x{}", from.height, from.width, to.height, to.width);
  ensures(std::ssize(map) == from.area() && std::ssize(result) == to.area(), "map and size disagree");
  if (from == to) return void(std::copy(map.begin(), map.end(), result.begin()));
  if (rule == Downsample::max && tiled_max(map.data(), change, result.data())) return;
  for (Index i = 0; i < to.height; ++i)
    for (Index j = 0; j < to.width; ++j)
      result[static_cast<std::size_t>(i * to.width + j)] = map_cell(map.data(), change, i, j);
}

}  // namespace

void downsample(std::span<const float> values, const SizeChange& change, std::span<float> result) {
  downsample_map(values, change, result);
}

void downsample(std::span<const std::uint8_t> symbols, const SizeChange& change,
                std::span<std::uint8_t> result) {
  downsample_map(symbols, change, result);
}

}  // namespace weir
