/// What the measures look at: the feature maps of one layer for one image, on the host, channel by channel.
#pragma once

#include <span>

#include "tensor/shape.h"

namespace weir {

/// Height and width of a map, in pixels.
struct MapSize {
  Index height = 0;
  Index width = 0;
  Index area() const { return height * width; }
  friend bool operator==(const MapSize&, const MapSize&) = default;
};

/// Of maps [N, C, H, W] or, behind a global pooling, [N, C].
inline MapSize map_size(const Shape& shape) {
  return shape.rank() == 4 ? MapSize{shape[2], shape[3]} : MapSize{1, 1};
}

/// A view of one layer's maps for one image: values [channels, height, width], row-major; does not own them.
struct LayerMaps {
  std::span<const float> values;
  Index channels = 0;
  MapSize size;

  std::span<const float> map(Index channel) const {
    return values.subspan(static_cast<std::size_t>(channel * size.area()),
                          static_cast<std::size_t>(size.area()));
  }
};

}  // namespace weir
