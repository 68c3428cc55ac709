/// Brings a map to a smaller size, so that the pixels of two maps can be paired.
#pragma once

#include <cstdint>
#include <span>

#include "infoflow/feature_maps.h"
#include "infoflow/flow_options.h"

namespace weir {

struct SizeChange {
  MapSize from;
  MapSize to;  // neither side larger than `from`
  Downsample rule = Downsample::max;
};

/// values [from] -> result [to]. max and average take over cell i the rows [floor(i H / h), ceil((i + 1) H /
/// h)): plain windows where h divides H. nearest takes the pixel under the cell's centre. Throws usage if a
/// side would grow.
void downsample(std::span<const float> values, const SizeChange& change, std::span<float> result);

/// The same on symbols; the average of symbols is rounded, halves upwards.
void downsample(std::span<const std::uint8_t> symbols, const SizeChange& change,
                std::span<std::uint8_t> result);

}  // namespace weir
