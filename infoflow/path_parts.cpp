#include "infoflow/path_parts.h"

#include <algorithm>
#include <numbers>
#include <numeric>
#include <utility>

#include "tensor/check.h"

namespace weir {
namespace {

double constant_fraction(std::span<const int> occupied) {
  return 1 - static_cast<double>(live_maps(occupied)) / static_cast<double>(occupied.size());
}

double mean_of(std::span<const int> occupied) {
  return std::accumulate(occupied.begin(), occupied.end(), 0.0) / static_cast<double>(occupied.size());
}

}  // namespace

void append(const MeasuredLayer& layer, const FlowOptions& options, Path& path) {
  LayerInformation in = in_nats(layer.with_image, options.estimator);
  LayerInformation out = in_nats(layer.with_target, options.estimator);
  LayerReport report{.name = layer_name(path.layers.size()),
                     .channels = layer.channels,
                     .size = layer.size,
                     .constant_fraction = constant_fraction(layer.occupied_symbols),
                     .occupied_buckets = mean_of(layer.occupied_symbols),
                     .compared_constant_fraction = constant_fraction(layer.compared_occupied_symbols),
                     .compared_occupied_buckets = mean_of(layer.compared_occupied_symbols),
                     .iip_z = in.z,
                     .oip_z = out.z};
  const double unit = options.log_base == LogBase::two ? 1 / std::numbers::ln2 : 1.0;
  path.iip.push_back(in.mean * unit);
  path.oip.push_back(out.mean * unit);
  if (options.row_means == RowMeans::keep) {
    for (double& row : in.rows) row *= unit;
    for (double& row : out.rows) row *= unit;
    report.iip_rows = std::move(in.rows);
    report.oip_rows = std::move(out.rows);
  }
  path.layers.push_back(std::move(report));
}

std::string layer_name(std::size_t index) { return fmt::format("conv{}", index + 1); }

std::size_t target_index(std::size_t layers, const FlowOptions& options) {
  expects(layers > 0, "an information path needs at least one layer");
  const Index target = options.target_layer.value_or(static_cast<Index>(layers));
  expects(target >= 1 && target <= static_cast<Index>(layers), "target layer {}, expected 1 to {}", target,
          layers);
  return static_cast<std::size_t>(target - 1);
}

MapSize smaller(MapSize a, MapSize b) { return {std::min(a.height, b.height), std::min(a.width, b.width)}; }

void naming(const std::string& whose, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    Diagnosis diagnosis = error.diagnosis();
    diagnosis.message = whose + ": " + diagnosis.message;
    fail(std::move(diagnosis));
  }
}

FixedRanges::FixedRanges(const FlowOptions& options, std::size_t layers)
    : ranges_(options.range == RangeRule::global ? options.global_ranges.get() : nullptr) {
  expects(options.range != RangeRule::global || ranges_ != nullptr,
          "a global range needs the ranges of a population, none were given");
  expects(ranges_ == nullptr || ranges_->layers.size() == layers,
          "global ranges are for {} layers, the path has {}", ranges_ == nullptr ? 0 : ranges_->layers.size(),
          layers);
}

std::span<const ValueRange> FixedRanges::image() const {
  return ranges_ == nullptr ? std::span<const ValueRange>{} : ranges_->image;
}

std::span<const ValueRange> FixedRanges::layer(std::size_t k) const {
  return ranges_ == nullptr ? std::span<const ValueRange>{} : ranges_->layers[k];
}

SymbolRule symbol_rule(const FlowOptions& options, std::span<const ValueRange> fixed) {
  return {.bucket = {options.buckets, options.zero_bucket},
          // With a shared range every pair has symbols of its own; these are for the reports alone.
          .range = options.range == RangeRule::shared ? RangeRule::per_map : options.range,
          .order = options.order,
          .downsample = options.downsample,
          .fixed = fixed};
}

}  // namespace weir
