/// What an information path is put together from, wherever its histograms were counted: on the host
/// (information_path.cpp) or on a device, many images at once (device_paths.cpp).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "infoflow/information_path.h"
#include "infoflow/layer_information.h"

namespace weir {

/// One layer of one image, measured in integers.
struct MeasuredLayer {
  Index channels = 0;
  MapSize size = {};
  std::vector<int> occupied_symbols = {};           // [channels], of the maps at their own size
  std::vector<int> compared_occupied_symbols = {};  // where they meet the target layer
  InformationSums with_image = {}, with_target = {};
};

/// The path's next point and its report.
void append(const MeasuredLayer& layer, const FlowOptions& options, Path& path);

std::string layer_name(std::size_t index);

/// From 0. Throws usage where the options name a layer that is not there.
std::size_t target_index(std::size_t layers, const FlowOptions& options);

MapSize smaller(MapSize a, MapSize b);

/// What is made once for each size of maps that comes up. What it gives stays where it is.
template <class T>
class OncePerSize {
 public:
  template <class Make>
  const T& get(MapSize size, const Make& make) {
    const std::pair key{size.height, size.width};
    const auto found = made_.find(key);
    return found != made_.end() ? found->second : made_.emplace(key, make()).first->second;
  }

 private:
  std::map<std::pair<Index, Index>, T> made_;
};

/// Runs one part of the work; an error then says whose values it met.
void naming(const std::string& whose, const std::function<void()>& work);

/// One range a channel for RangeRule::global, from the options; empty under the other rules.
class FixedRanges {
 public:
  /// Throws usage where the rule wants ranges of a population and they are not there, or for another network.
  FixedRanges(const FlowOptions& options, std::size_t layers);
  std::span<const ValueRange> image() const;
  std::span<const ValueRange> layer(std::size_t k) const;

 private:
  const PopulationRanges* ranges_;
};

/// How maps with these fixed ranges become symbols.
SymbolRule symbol_rule(const FlowOptions& options, std::span<const ValueRange> fixed);

}  // namespace weir
