/// From the feature maps of a batch to symbols, one output a call: what downsample.h, bucketize.h and
/// shifts.h do on the host for one image. Map n C + c is channel c of image n.
#pragma once

#include <cstdint>
#include <limits>

#include "infoflow/bucketize.h"
#include "infoflow/float_order.h"
#include "infoflow/map_cell.h"
#include "infoflow/shifts.h"
#include "tensor/kernels/portable.h"

namespace weir {

/// maps [maps, change.from] -> result [maps, change.to], a pixel a call.
template <class Value>
struct DownsampleMaps {
  SizeChange change;
  const Value* maps;
  Value* result;

  WEIR_HD void operator()(Index i) const {
    const MapSize from = change.from, to = change.to;
    const Index column = i % to.width, row = i / to.width % to.height, map = i / (to.width * to.height);
    result[i] = map_cell(maps + map * from.height * from.width, change, row, column);
  }
};

/// Monoid: the range that holds all. Integers, so that every order gives the same.
struct WholeRange {
  using State = KeyRange;
  using Result = KeyRange;
  WEIR_HD static State identity() { return {largest, -largest - 1}; }
  WEIR_HD static State absorb(State a, State b) {
    return {a.low < b.low ? a.low : b.low, a.high < b.high ? b.high : a.high};
  }
  WEIR_HD static State merge(State a, State b) { return absorb(a, b); }
  WEIR_HD static Result finish(State s) { return s; }

 private:
  static constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max();
};

struct PixelRanges {
  Index pixels;
  const float* maps;
  WEIR_HD KeyRange operator()(Index map, Index pixel) const {
    const std::int32_t key = order_key(maps[map * pixels + pixel]);
    return {key, key};
  }
};

struct MapRanges {
  Index channels;
  const KeyRange* ranges;
  WEIR_HD KeyRange operator()(Index image, Index channel) const { return ranges[image * channels + channel]; }
};

/// result[map] = the range of all maps of its image, or of all images' maps of its channel.
struct SpreadRanges {
  enum class Over { image, channel };
  Over over;
  Index channels;
  const KeyRange* ranges;
  KeyRange* result;
  WEIR_HD void operator()(Index map) const {
    result[map] = ranges[over == Over::image ? map / channels : map % channels];
  }
};

/// The definition in bucketize.h. (bucketize() compares with a map's edges, which gives the same for less on
/// a CPU.)
WEIR_HD inline std::uint8_t symbol_of(float value, KeyRange range, BucketRule rule) {
  const float low = float_of(range.low), high = float_of(range.high);
  const bool floored = rule.zero_bucket == ZeroBucket::floor;
  const int lowest = rule.zero_bucket == ZeroBucket::clamp_to_one ? 1 : 0;
  const int highest = floored ? rule.buckets - 1 : rule.buckets;
  if (!(low < high)) return static_cast<std::uint8_t>(lowest);
  const double width = static_cast<double>(high) - low;
  const double t = rule.buckets * (static_cast<double>(value) - low) / width;
  const double bucket = floored ? std::floor(t) : std::ceil(t);
  if (!(bucket > lowest)) return static_cast<std::uint8_t>(lowest);  // NaN, too
  return static_cast<std::uint8_t>(bucket < highest ? static_cast<int>(bucket) : highest);
}

/// maps [maps, pixels], ranges [maps] -> symbols [maps, pixels], a pixel a call.
struct BucketizeMaps {
  BucketRule rule;
  Index pixels;
  const float* maps;
  const KeyRange* ranges;
  std::uint8_t* symbols;
  WEIR_HD void operator()(Index i) const { symbols[i] = symbol_of(maps[i], ranges[i / pixels], rule); }
};

/// symbols [maps, size] -> result [maps, size], moved as by shifted(), a pixel a call.
struct ShiftMaps {
  MapSize size;
  Shift shift;
  const std::uint8_t* symbols;
  std::uint8_t* result;
  WEIR_HD void operator()(Index i) const {
    const Index column = i % size.width, row = i / size.width % size.height;
    const Index from_column = (column + size.width - shift.columns) % size.width;
    const Index from_row = (row + size.height - shift.rows) % size.height;
    result[i] = symbols[i + (from_row - row) * size.width + (from_column - column)];
  }
};

}  // namespace weir
