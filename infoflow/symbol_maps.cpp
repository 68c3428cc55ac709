#include "infoflow/symbol_maps.h"

#include <algorithm>

#include "infoflow/downsample.h"
#include "tensor/check.h"

namespace weir {
namespace {

ValueRange range_of(const LayerMaps& maps, Index channel, const SymbolRule& rule) {
  switch (rule.range) {
    case RangeRule::per_map:
      return finite_range(maps.map(channel));
    case RangeRule::robust:
      return robust_range(maps.map(channel));
    case RangeRule::layer:
      return finite_range(maps.values);
    case RangeRule::global:
      finite_range(maps.map(channel));
      return rule.fixed[static_cast<std::size_t>(channel)];
    case RangeRule::shared:
      break;
  }
  check_detail::fail_usage("a shared range belongs to a pair of maps, not to a layer");
}

SymbolMaps bucketized(const LayerMaps& maps, const SymbolRule& rule) {
  SymbolMaps result{.channels = maps.channels, .size = maps.size, .symbols = rule.bucket.symbols()};
  result.values.resize(maps.values.size());
  ValueRange range;
  for (Index c = 0; c < maps.channels; ++c) {
    if (c == 0 || rule.range != RangeRule::layer) range = range_of(maps, c, rule);
    bucketize(maps.map(c), range, rule.bucket, result.map(c));
  }
  return result;
}

SymbolMaps downsampled(const SymbolMaps& maps, MapSize size, Downsample rule) {
  SymbolMaps result{.channels = maps.channels, .size = size, .symbols = maps.symbols};
  result.values.resize(static_cast<std::size_t>(maps.channels * size.area()));
  for (Index c = 0; c < maps.channels; ++c)
    downsample(maps.map(c), {.from = maps.size, .to = size, .rule = rule}, result.map(c));
  return result;
}

}  // namespace

std::vector<float> resized(const LayerMaps& maps, MapSize size, Downsample rule) {
  std::vector<float> values(static_cast<std::size_t>(maps.channels * size.area()));
  const auto area = static_cast<std::size_t>(size.area());
  for (Index c = 0; c < maps.channels; ++c)
    downsample(maps.map(c), {.from = maps.size, .to = size, .rule = rule},
               std::span(values).subspan(static_cast<std::size_t>(c) * area, area));
  return values;
}

void require_fitting(const SymbolRule& rule, Index channels) {
  require_buckets(rule.bucket);
  expects(rule.range != RangeRule::global || std::ssize(rule.fixed) == channels,
          "{} fixed ranges for a layer of {} channels", rule.fixed.size(), channels);
}

SymbolMaps symbols_of(const LayerMaps& maps, MapSize size, const SymbolRule& rule) {
  ensures(std::ssize(maps.values) == maps.channels * maps.size.area(), "maps and their size disagree");
  require_fitting(rule, maps.channels);
  for (Index c = 0; c < maps.channels; ++c) finite_range(maps.map(c));  // a maximum may pass over a NaN
  if (size == maps.size) return bucketized(maps, rule);
  if (rule.order == SizeOrder::bucket_then_downsample)
    return downsampled(bucketized(maps, rule), size, rule.downsample);
  const std::vector<float> values = resized(maps, size, rule.downsample);
  return bucketized({.values = values, .channels = maps.channels, .size = size}, rule);
}

}  // namespace weir
