#include "infoflow/device_maps.h"

#include <utility>
#include <vector>

#include "infoflow/map_kernels.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"

namespace weir {
namespace {

/// [maps]: the range of each.
DeviceArray<KeyRange> map_ranges(const DeviceMaps& maps) {
  Device& device = maps.values.device();
  DeviceArray<KeyRange> ranges(maps.count(), device);
  reduce_rows<WholeRange>(device, {maps.count(), maps.size.area()},
                          PixelRanges{maps.size.area(), maps.values.read<float>()}, ranges.data());
  return ranges;
}

DeviceArray<KeyRange> spread(const DeviceArray<KeyRange>& ranges, SpreadRanges::Over over,
                             const DeviceMaps& maps) {
  Device& device = maps.values.device();
  DeviceArray<KeyRange> result(maps.count(), device);
  for_each_index(device, maps.count(), SpreadRanges{over, maps.channels, ranges.data(), result.data()});
  return result;
}

/// [maps]: where the buckets of each are laid.
DeviceArray<KeyRange> bucket_ranges(const DeviceMaps& maps, const SymbolRule& rule) {
  if (rule.range == RangeRule::per_map) return map_ranges(maps);
  if (rule.range == RangeRule::layer) return spread(image_ranges(maps), SpreadRanges::Over::image, maps);
  ensures(rule.range == RangeRule::global, "a range that is not made on a device");
  std::vector<KeyRange> fixed;
  for (const ValueRange range : rule.fixed) fixed.push_back({order_key(range.low), order_key(range.high)});
  return spread({fixed, maps.values.device()}, SpreadRanges::Over::channel, maps);
}

DeviceSymbols bucketized(const DeviceMaps& maps, const SymbolRule& rule) {
  Device& device = maps.values.device();
  const DeviceArray<KeyRange> ranges = bucket_ranges(maps, rule);
  const Index pixels = maps.size.area();
  DeviceArray<std::uint8_t> symbols(maps.count() * pixels, device);
  for_each_index(
      device, maps.count() * pixels,
      BucketizeMaps{rule.bucket, pixels, maps.values.read<float>(), ranges.data(), symbols.data()});
  return {maps.images, maps.channels, maps.size, rule.bucket.symbols(), std::move(symbols)};
}

DeviceMaps downsampled(const DeviceMaps& maps, MapSize size, Downsample rule) {
  Device& device = maps.values.device();
  Tensor values = Tensor::uninitialised({maps.images, maps.channels, size.height, size.width}, device);
  for_each_index(device, maps.count() * size.area(),
                 DownsampleMaps<float>{{.from = maps.size, .to = size, .rule = rule},
                                       maps.values.read<float>(),
                                       values.overwrite<float>()});
  return DeviceMaps(values);
}

DeviceSymbols downsampled(const DeviceSymbols& maps, MapSize size, Downsample rule) {
  Device& device = maps.values.device();
  DeviceArray<std::uint8_t> symbols(maps.count() * size.area(), device);
  for_each_index(device, maps.count() * size.area(),
                 DownsampleMaps<std::uint8_t>{
                     {.from = maps.size, .to = size, .rule = rule}, maps.values.data(), symbols.data()});
  return {maps.images, maps.channels, size, maps.symbols, std::move(symbols)};
}

}  // namespace

DeviceMaps::DeviceMaps(const Tensor& maps)
    : values(maps.as(DType::f32).in(Layout::plain)),
      images(maps.shape()[0]),
      channels(maps.shape()[1]),
      size(map_size(maps.shape())) {}

DeviceArray<KeyRange> image_ranges(const DeviceMaps& maps) {
  Device& device = maps.values.device();
  const DeviceArray<KeyRange> of_maps = map_ranges(maps);
  DeviceArray<KeyRange> ranges(maps.images, device);
  reduce_rows<WholeRange>(device, {maps.images, maps.channels}, MapRanges{maps.channels, of_maps.data()},
                          ranges.data());
  return ranges;
}

DeviceSymbols symbols_of(const DeviceMaps& maps, MapSize size, const SymbolRule& rule) {
  require_fitting(rule, maps.channels);
  if (size == maps.size) return bucketized(maps, rule);
  return rule.order == SizeOrder::bucket_then_downsample
             ? downsampled(bucketized(maps, rule), size, rule.downsample)
             : bucketized(downsampled(maps, size, rule.downsample), rule);
}

DeviceSymbols shifted(const DeviceSymbols& maps, Shift shift) {
  Device& device = maps.values.device();
  DeviceArray<std::uint8_t> symbols(maps.count() * maps.size.area(), device);
  for_each_index(device, maps.count() * maps.size.area(),
                 ShiftMaps{maps.size, shift, maps.values.data(), symbols.data()});
  return {maps.images, maps.channels, maps.size, maps.symbols, std::move(symbols)};
}

DeviceMasks countable(const DeviceSymbols& maps, const DeviceTable& table) {
  ensures(maps.size.area() == table.host.positions(), "the table is for maps of another size");
  Device& device = maps.values.device();
  const Index pixels = maps.size.area();
  const MaskLayout layout{maps.channels, (pixels + 63) / 64, maps.symbols};
  DeviceArray<std::uint64_t> masks(layout.offset(maps.images, 0), device);
  for_each_index(device, maps.count() * layout.words,
                 SetMasks{layout, pixels, maps.values.data(), masks.data()}, 64);
  DeviceArray<int> occupied(maps.count(), device);
  DeviceArray<std::int64_t> marginals(maps.count(), device);
  for_each_index(device, maps.count(),
                 CountMasks{layout, masks.data(), table.values.data(), occupied.data(), marginals.data()},
                 layout.symbols * layout.words);
  return {maps.images, layout, std::move(masks), std::move(occupied), std::move(marginals)};
}

DeviceArray<std::int64_t> information_sums(const DeviceMasks& rows, const DeviceMasks& columns,
                                           const DeviceTable& table, SelfPairs self_pairs) {
  Device& device = rows.masks.device();
  const Index count = rows.images * rows.layout.channels;
  DeviceArray<std::int64_t> sums(count, device);
  reduce_rows<Sum<std::int64_t>>(device, {count, columns.layout.masks()},
                                 PairTerms{rows.view(), columns.view(), table.values.data(),
                                           table.host.values.back(), self_pairs == SelfPairs::skip},
                                 sums.data());
  return sums;
}

}  // namespace weir
