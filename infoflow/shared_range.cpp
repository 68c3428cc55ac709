#include "infoflow/shared_range.h"

#include <algorithm>

#include "tensor/check.h"

namespace weir {
namespace {

/// Maps as they enter the bucketing: at the compared size, or at their own if downsampling comes after.
struct Entering {
  std::vector<float> values;
  LayerMaps maps;
  std::vector<ValueRange> ranges;

  Entering(const LayerMaps& from, MapSize size, const FlowOptions& options) : maps(from) {
    if (options.order == SizeOrder::downsample_then_bucket) {
      values = resized(from, size, options.downsample);
      maps = {.values = values, .channels = from.channels, .size = size};
    }
    for (Index c = 0; c < maps.channels; ++c) ranges.push_back(finite_range(maps.map(c)));
  }
  ValueRange range(Index c) const { return ranges[static_cast<std::size_t>(c)]; }
};

bool constant(const SymbolMaps& maps) {
  return std::ranges::all_of(maps.values, [&](std::uint8_t symbol) { return symbol == maps.values.front(); });
}

class PairByPair {
 public:
  PairByPair(const LayerMaps& layer, const LayerMaps& reference, MapSize size, const SharedRangeRule& rule)
      : rule_(rule),
        size_(size),
        table_(cell_table(size.area(), rule.options.estimator)),
        rows_(layer, size, rule.options),
        columns_(reference, size, rule.options) {
    if (rule.options.estimator == Estimator::shift_null) shifts_ = null_shifts(size, rule.options.shifts);
    result_.positions = size.area();
    result_.sums.assign(static_cast<std::size_t>(layer.channels), 0);
    result_.pairs.assign(result_.sums.size(), 0);
    result_.nulls.assign(shifts_.size(), result_.sums);
  }

  void add(Index a, Index b);
  InformationSums result() { return std::move(result_); }

 private:
  SymbolMaps symbols(const Entering& side, Index channel, ValueRange range) const;

  const SharedRangeRule& rule_;
  MapSize size_;
  CellTable table_;
  Entering rows_, columns_;
  std::vector<Shift> shifts_;
  InformationSums result_;
};

SymbolMaps PairByPair::symbols(const Entering& side, Index channel, ValueRange range) const {
  return symbols_of({.values = side.maps.map(channel), .channels = 1, .size = side.maps.size}, size_,
                    {.bucket = {rule_.options.buckets, rule_.options.zero_bucket},
                     .range = RangeRule::global,
                     .order = rule_.options.order,
                     .downsample = rule_.options.downsample,
                     .fixed = std::span(&range, 1)});
}

void PairByPair::add(Index a, Index b) {
  const ValueRange x = rows_.range(a), y = columns_.range(b);
  const ValueRange both{std::min(x.low, y.low), std::max(x.high, y.high)};
  const SymbolMaps row = symbols(rows_, a, both), column = symbols(columns_, b, both);
  const auto at = static_cast<std::size_t>(a);
  const bool dead = constant(row) || constant(column);
  if (!dead || rule_.pairs.constant_maps == ConstantMaps::zero) ++result_.pairs[at];
  if (dead) return;
  const std::int64_t rest =
      table_.values.back() - histogram_sum(row.values, table_) - histogram_sum(column.values, table_);
  result_.sums[at] += rest + joint_sum(row.values, column.values, table_);
  for (std::size_t s = 0; s < shifts_.size(); ++s)
    result_.nulls[s][at] += rest + joint_sum(row.values, shifted(column, shifts_[s]).values, table_);
}

}  // namespace

InformationSums shared_range_information(const LayerMaps& layer, const LayerMaps& reference, MapSize size,
                                         const SharedRangeRule& rule) {
  const bool skip_self = drops_self_pairs(rule.pairs, rule.kind);
  PairByPair pairs(layer, reference, size, rule);
  for (Index a = 0; a < layer.channels; ++a)
    for (Index b = 0; b < reference.channels; ++b)
      if (!skip_self || a != b) pairs.add(a, b);
  return pairs.result();
}

}  // namespace weir
