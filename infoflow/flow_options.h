/// Every decision that the definition of an information path leaves open, with the reading of the study as
/// default.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tensor/shape.h"

namespace weir {

/// Where a convolution layer's maps are read. Everything before pooling keeps the maps of the last layer
/// larger than 1x1.
enum class Tap {
  post_act,   // after the activation and, where present, the batch norm; before pooling, dropout and flatten
  pre_act,    // the raw output of the convolution
  post_relu,  // after the activation, before a batch norm that follows it
  post_pool,  // after the pooling that follows, if one does
  post_pool_local  // the same, but a pooling that leaves less than 2x2 pixels is not followed
};

/// What becomes of bucket 0, which the study's formula gives to a map's smallest value only.
enum class ZeroBucket {
  keep,          // B + 1 symbols; after a ReLU, symbol 0 is "unit off"
  clamp_to_one,  // B symbols, 1..B
  floor          // B symbols, 0..B-1: min(floor(t), B - 1)
};

/// A constant map has no entropy: count its pairs as zero, or leave them out of the mean.
enum class ConstantMaps { zero, skip };

/// Between which two values the buckets are laid.
enum class RangeRule {
  per_map,  // the map's own least and greatest value
  shared,   // least and greatest over the two maps of a pair
  layer,    // least and greatest over all maps of the layer, this image
  global,   // fixed for each channel over a population (FlowOptions::global_ranges)
  robust    // the map's 1 % and 99 % quantiles; values outside fall into the end buckets
};

enum class SizeOrder { downsample_then_bucket, bucket_then_downsample };
enum class Downsample { max, average, nearest };
enum class SelfPairs {
  include,
  skip
};  // of the target layer against itself: a map with itself gives its entropy
enum class LogBase { e, two };
enum class RowMeans { drop, keep };

enum class Estimator {
  plug_in,       // frequencies as probabilities
  miller_madow,  // plus (K_x + K_y - K_xy - 1) / 2n; may be negative
  shift_null     // minus the mean over toroidal shifts of one map; may be negative
};

/// How the joint histograms are counted. All four give the same bits; `automatic` may also count on the
/// device that made the maps (device_paths.h).
enum class CountMethod { automatic, histogram, popcount, avx512 };

/// Least and greatest value of one map or channel.
struct ValueRange {
  float low = 0;
  float high = 0;
};

/// The ranges of RangeRule::global: one for each image channel and for each channel of each layer.
struct PopulationRanges {
  std::vector<ValueRange> image;
  std::vector<std::vector<ValueRange>> layers;
};

struct FlowOptions {
  Tap tap = Tap::post_act;
  std::optional<Index> target_layer = {};  // counted from 1 as in the study; the last one if not set
  int buckets = 8;
  ZeroBucket zero_bucket = ZeroBucket::keep;
  ConstantMaps constant_maps = ConstantMaps::zero;
  RangeRule range = RangeRule::per_map;
  std::shared_ptr<const PopulationRanges> global_ranges = {};
  SizeOrder order = SizeOrder::downsample_then_bucket;
  Downsample downsample = Downsample::max;
  SelfPairs self_pairs = SelfPairs::include;
  LogBase log_base = LogBase::e;
  Estimator estimator = Estimator::plug_in;
  int shifts = 16;  // of Estimator::shift_null; fewer where a map has fewer
  RowMeans row_means = RowMeans::drop;
  CountMethod method = CountMethod::automatic;
};

}  // namespace weir
