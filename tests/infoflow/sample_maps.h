/// Maps to measure in tests: smooth random fields, so that neighbours agree as they do in feature maps.
#pragma once

#include <cstdint>
#include <vector>

#include "infoflow/feature_maps.h"
#include "infoflow/symbol_maps.h"
#include "tensor/random.h"

namespace weir {

/// Values that own their memory, and the view that the library takes.
struct SampleMaps {
  std::vector<float> values;
  Index channels = 0;
  MapSize size;

  LayerMaps view() const { return {.values = values, .channels = channels, .size = size}; }
};

enum class Rectify { no, yes };

inline float noise_at(const Rng& rng, Index element) {
  return static_cast<float>(random_normal(rng, static_cast<std::uint64_t>(element)));
}

/// Each map is noise averaged over 3x3 pixels, plus an offset of its own; rectified maps are zero where
/// negative.
inline SampleMaps sample_maps(Index channels, MapSize size, Rng rng, Rectify rectify = Rectify::yes) {
  SampleMaps result{{}, channels, size};
  const auto [height, width] = size;
  for (Index c = 0; c < channels; ++c) {
    const float offset = noise_at(rng.split(1), c) / 2;
    for (Index r = 0; r < height; ++r)
      for (Index k = 0; k < width; ++k) {
        float sum = 0;
        for (Index dr = 0; dr < 3; ++dr)
          for (Index dk = 0; dk < 3; ++dk)
            sum += noise_at(rng, (c * height + (r + dr) % height) * width + (k + dk) % width);
        const float value = sum / 3 + offset;
        result.values.push_back(rectify == Rectify::yes && value < 0 ? 0 : value);
      }
  }
  return result;
}

/// Symbols below `symbols`, small ones more often; every seventh map constant.
inline SymbolMaps sample_symbols(Index channels, MapSize size, int symbols, Rng rng) {
  SymbolMaps result{.channels = channels, .size = size, .symbols = symbols};
  for (Index c = 0; c < channels; ++c)
    for (Index p = 0; p < size.area(); ++p) {
      const float u = random_unit(rng, static_cast<std::uint64_t>(c * size.area() + p));
      const auto symbol = static_cast<std::uint8_t>(u * u * static_cast<float>(symbols));
      result.values.push_back(c % 7 == 6 ? std::uint8_t{0} : symbol);
    }
  return result;
}

}  // namespace weir
