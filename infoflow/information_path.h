/// The information path of one image: for each convolution layer, the mean mutual information of its maps
/// with the image's channels (IIP) and with the maps of the target layer (OIP).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "infoflow/feature_maps.h"
#include "infoflow/flow_options.h"

namespace weir {

/// What a layer's two points rest on. A difference between populations in occupied buckets or constant maps
/// moves the estimate by itself, so these are reported beside it.
struct LayerReport {
  std::string name = {};  // conv1, conv2, ...
  Index channels = 0;
  MapSize size = {};
  double constant_fraction = 0;           // of the layer's maps, at their own size
  double occupied_buckets = 0;            // mean number of symbols in use
  double compared_constant_fraction = 0;  // the same two at the size at which they meet the target layer
  double compared_occupied_buckets = 0;
  double iip_z = 0, oip_z = 0;  // Estimator::shift_null only: before the null is taken off, in its deviations
  std::vector<double> iip_rows = {},
                      oip_rows = {};  // [channels], means over a map's pairs; RowMeans::keep only
};

/// One value a convolution layer; unit: nats, or bits with LogBase::two.
struct Path {
  std::vector<double> iip = {}, oip = {};
  std::vector<LayerReport> layers = {};
};

/// layers: the taps in order of the forward pass; image [channels, height, width]. Throws Error of kind usage
/// on options that do not fit the layers, and of kind numerical where a value is not finite, naming the
/// layer. Safe to call from several threads; the bits do not depend on options.method.
Path information_path(std::span<const LayerMaps> layers, const LayerMaps& image,
                      const FlowOptions& options = {});

}  // namespace weir
