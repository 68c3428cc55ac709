/// The maps of one layer as symbols, all of one size: what histograms are counted from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "infoflow/bucketize.h"
#include "infoflow/feature_maps.h"
#include "infoflow/flow_options.h"

namespace weir {

struct SymbolMaps {
  Index channels = 0;
  MapSize size = {};
  int symbols = 0;                        // every value is below this
  std::vector<std::uint8_t> values = {};  // [channels, height, width]

  std::span<const std::uint8_t> map(Index channel) const {
    return std::span(values).subspan(offset(channel), offset(1));
  }
  std::span<std::uint8_t> map(Index channel) { return std::span(values).subspan(offset(channel), offset(1)); }

 private:
  std::size_t offset(Index channel) const { return static_cast<std::size_t>(channel * size.area()); }
};

/// How values become symbols: a part of FlowOptions. `fixed` holds one range a channel for RangeRule::global.
struct SymbolRule {
  BucketRule bucket = {};
  RangeRule range = RangeRule::per_map;
  SizeOrder order = SizeOrder::downsample_then_bucket;
  Downsample downsample = Downsample::max;
  std::span<const ValueRange> fixed = {};
};

/// Throws Error of kind usage where a rule has too many buckets, or ranges for another number of channels.
void require_fitting(const SymbolRule& rule, Index channels);

/// The maps at `size`, no side of which may be larger than the maps', in symbols. RangeRule::shared is not a
/// property of one set of maps and is refused. Throws Error of kind numerical where a value is not finite.
SymbolMaps symbols_of(const LayerMaps& maps, MapSize size, const SymbolRule& rule);

/// The maps' values at `size`, [channels, height, width].
std::vector<float> resized(const LayerMaps& maps, MapSize size, Downsample rule);

}  // namespace weir
