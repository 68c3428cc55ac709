/// The maps of a batch as symbols and masks on their device, and what they share: symbol_maps.h and
/// joint_sums.h for many images at once. Nothing comes back to the host unless it is asked for.
#pragma once

#include <cstdint>
#include <utility>

#include "infoflow/cell_table.h"
#include "infoflow/device_array.h"
#include "infoflow/float_order.h"
#include "infoflow/mask_kernels.h"
#include "infoflow/shifts.h"
#include "infoflow/symbol_maps.h"
#include "tensor/tensor.h"

namespace weir {

/// Maps of one layer, plain and of float32; behind a global pooling they have one pixel.
struct DeviceMaps {
  Tensor values;  // [images, channels, height, width]
  Index images = 0, channels = 0;
  MapSize size;

  /// From [images, channels, height, width] or [images, channels] in any layout and type.
  explicit DeviceMaps(const Tensor& maps);
  Index count() const { return images * channels; }
};

struct DeviceSymbols {
  Index images = 0, channels = 0;
  MapSize size;
  int symbols = 0;
  DeviceArray<std::uint8_t> values;  // [images, channels, height, width]
  Index count() const { return images * channels; }
};

/// The values of a cell by its count (cell_table.h), on a device.
struct DeviceTable {
  CellTable host;
  DeviceArray<std::int64_t> values;
  DeviceTable(CellTable table, Device& device) : host(std::move(table)), values(host.values, device) {}
};

/// As CountableMaps.
struct DeviceMasks {
  Index images = 0;
  MaskLayout layout;
  DeviceArray<std::uint64_t> masks;
  DeviceArray<int> occupied;            // [images, channels], symbols in use
  DeviceArray<std::int64_t> marginals;  // [images, channels]

  CountedMaps view() const { return {layout, masks.data(), marginals.data()}; }
};

/// [images]: the range of all values of an image; not finite where one of them is not.
DeviceArray<KeyRange> image_ranges(const DeviceMaps& maps);

/// As symbols_of() for every image, but for values that are not finite: what becomes of these is any symbol.
/// Serves the ranges that device_paths.h does. Throws usage on a rule that does not fit the maps.
DeviceSymbols symbols_of(const DeviceMaps& maps, MapSize size, const SymbolRule& rule);

DeviceSymbols shifted(const DeviceSymbols& maps, Shift shift);

DeviceMasks countable(const DeviceSymbols& maps, const DeviceTable& table);

/// [images, channels of rows]: as information_sums() of joint_sums.h for every image, without the pairs of a
/// map with itself where these are to be skipped.
DeviceArray<std::int64_t> information_sums(const DeviceMasks& rows, const DeviceMasks& columns,
                                           const DeviceTable& table, SelfPairs self_pairs);

}  // namespace weir
