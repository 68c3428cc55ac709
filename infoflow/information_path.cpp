#include "infoflow/information_path.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <utility>

#include "infoflow/layer_information.h"
#include "infoflow/shared_range.h"
#include "tensor/check.h"

namespace weir {
namespace {

using SizeKey = std::pair<Index, Index>;

SizeKey key(MapSize size) { return {size.height, size.width}; }

MapSize smaller(MapSize a, MapSize b) { return {std::min(a.height, b.height), std::min(a.width, b.width)}; }

/// Maps with their ranges for RangeRule::global, if that is the rule.
struct Ranged {
  LayerMaps maps;
  std::span<const ValueRange> fixed;
};

/// What every layer is compared with, image or target layer, at each size that came up.
struct Comparison {
  Ranged with;
  std::map<SizeKey, ReferenceMaps> references;
};

/// One layer while it is measured, at each size that came up.
struct Layer {
  Ranged own;
  std::map<SizeKey, CountableMaps> sizes;
};

/// One image: tables and reference maps are made once and shared by its layers.
class Measurement {
 public:
  Measurement(const FlowOptions& options, Ranged image, Ranged target)
      : options_(options), method_(resolved(options.method)), image_{image, {}}, target_{target, {}} {}

  void add(const Ranged& layer, Pairing to_target, Path& path);

 private:
  SymbolRule symbol_rule(std::span<const ValueRange> fixed) const;
  const CellTable& table(MapSize size);
  const ReferenceMaps& reference(Comparison& comparison, MapSize size);
  const CountableMaps& rows(Layer& layer, MapSize size);
  LayerInformation compare(Layer& layer, Comparison& comparison, Pairing kind);

  const FlowOptions& options_;
  CountMethod method_;
  Comparison image_, target_;
  std::map<SizeKey, CellTable> tables_;
};

SymbolRule Measurement::symbol_rule(std::span<const ValueRange> fixed) const {
  return {.bucket = {options_.buckets, options_.zero_bucket},
          // With a shared range every pair has symbols of its own; these are for the reports alone.
          .range = options_.range == RangeRule::shared ? RangeRule::per_map : options_.range,
          .order = options_.order,
          .downsample = options_.downsample,
          .fixed = fixed};
}

const CellTable& Measurement::table(MapSize size) {
  const auto found = tables_.find(key(size));
  if (found != tables_.end()) return found->second;
  return tables_.emplace(key(size), cell_table(size.area(), options_.estimator)).first->second;
}

const ReferenceMaps& Measurement::reference(Comparison& comparison, MapSize size) {
  const auto found = comparison.references.find(key(size));
  if (found != comparison.references.end()) return found->second;
  const auto& [maps, fixed] = comparison.with;
  const bool null = options_.estimator == Estimator::shift_null;
  ReferenceMaps made = reference_maps(symbols_of(maps, size, symbol_rule(fixed)), table(size), method_,
                                      null ? null_shifts(size, options_.shifts) : std::vector<Shift>{});
  return comparison.references.emplace(key(size), std::move(made)).first->second;
}

const CountableMaps& Measurement::rows(Layer& layer, MapSize size) {
  const auto found = layer.sizes.find(key(size));
  if (found != layer.sizes.end()) return found->second;
  CountableMaps made = countable(symbols_of(layer.own.maps, size, symbol_rule(layer.own.fixed)), table(size),
                                 method_, CountedAs::rows);
  return layer.sizes.emplace(key(size), std::move(made)).first->second;
}

LayerInformation Measurement::compare(Layer& layer, Comparison& comparison, Pairing kind) {
  const MapSize size = smaller(layer.own.maps.size, comparison.with.maps.size);
  const PairRule rule{options_.constant_maps, options_.self_pairs, method_};
  if (options_.range == RangeRule::shared)
    return in_nats(
        shared_range_information(layer.own.maps, comparison.with.maps, size, {options_, rule, kind}),
        options_.estimator);
  return in_nats(information_of(rows(layer, size), reference(comparison, size), table(size), rule, kind),
                 options_.estimator);
}

std::string layer_name(std::size_t index) { return fmt::format("conv{}", index + 1); }

double constant_fraction(const CountableMaps& maps) {
  return 1 - static_cast<double>(maps.live()) / static_cast<double>(maps.symbols.channels);
}

double occupied_buckets(const CountableMaps& maps) {
  const auto& occupied = maps.masks.occupied_symbols;
  return std::accumulate(occupied.begin(), occupied.end(), 0.0) / static_cast<double>(occupied.size());
}

void Measurement::add(const Ranged& own, Pairing to_target, Path& path) {
  Layer layer{own, {}};
  const CountableMaps& whole = rows(layer, own.maps.size);
  LayerInformation in = compare(layer, image_, Pairing::with_others);
  LayerInformation out = compare(layer, target_, to_target);
  const CountableMaps& compared = rows(layer, smaller(own.maps.size, target_.with.maps.size));
  LayerReport report{.name = layer_name(path.layers.size()),
                     .channels = own.maps.channels,
                     .size = own.maps.size,
                     .constant_fraction = constant_fraction(whole),
                     .occupied_buckets = occupied_buckets(whole),
                     .compared_constant_fraction = constant_fraction(compared),
                     .compared_occupied_buckets = occupied_buckets(compared),
                     .iip_z = in.z,
                     .oip_z = out.z};
  const double unit = options_.log_base == LogBase::two ? 1 / std::numbers::ln2 : 1.0;
  path.iip.push_back(in.mean * unit);
  path.oip.push_back(out.mean * unit);
  if (options_.row_means == RowMeans::keep) {
    for (double& row : in.rows) row *= unit;
    for (double& row : out.rows) row *= unit;
    report.iip_rows = std::move(in.rows);
    report.oip_rows = std::move(out.rows);
  }
  path.layers.push_back(std::move(report));
}

std::size_t target_index(std::size_t layers, const FlowOptions& options) {
  expects(layers > 0, "an information path needs at least one layer");
  const Index target = options.target_layer.value_or(static_cast<Index>(layers));
  expects(target >= 1 && target <= static_cast<Index>(layers), "target layer {}, expected 1 to {}", target,
          layers);
  return static_cast<std::size_t>(target - 1);
}

/// Pairs maps with their fixed ranges, where the rule wants them.
class Ranges {
 public:
  Ranges(const FlowOptions& options, std::size_t layers)
      : ranges_(options.range == RangeRule::global ? options.global_ranges.get() : nullptr) {
    expects(options.range != RangeRule::global || ranges_ != nullptr,
            "a global range needs the ranges of a population, none were given");
    expects(ranges_ == nullptr || ranges_->layers.size() == layers,
            "global ranges are for {} layers, the path has {}",
            ranges_ == nullptr ? 0 : ranges_->layers.size(), layers);
  }
  Ranged image(const LayerMaps& maps) const {
    return {maps, ranges_ == nullptr ? std::span<const ValueRange>{} : ranges_->image};
  }
  Ranged layer(const LayerMaps& maps, std::size_t k) const {
    return {maps, ranges_ == nullptr ? std::span<const ValueRange>{} : ranges_->layers[k]};
  }

 private:
  const PopulationRanges* ranges_;
};

/// Map by map, so that the message counts within one.
void require_finite(const LayerMaps& maps) {
  for (Index c = 0; c < maps.channels; ++c) finite_range(maps.map(c));
}

/// Runs one part of the work; an error then says whose values it met.
template <class Work>
void naming(const std::string& whose, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    Diagnosis diagnosis = error.diagnosis();
    diagnosis.message = whose + ": " + diagnosis.message;
    fail(std::move(diagnosis));
  }
}

}  // namespace

Path information_path(std::span<const LayerMaps> layers, const LayerMaps& image, const FlowOptions& options) {
  const std::size_t target = target_index(layers.size(), options);
  const Ranges ranges(options, layers.size());
  naming("the image", [&] { require_finite(image); });
  for (std::size_t k = 0; k < layers.size(); ++k)  // the first that is wrong made the others wrong
    naming(layer_name(k), [&] { require_finite(layers[k]); });
  Measurement measurement(options, ranges.image(image), ranges.layer(layers[target], target));
  Path path;
  for (std::size_t k = 0; k < layers.size(); ++k)
    naming(layer_name(k), [&] {
      measurement.add(ranges.layer(layers[k], k), k == target ? Pairing::with_itself : Pairing::with_others,
                      path);
    });
  return path;
}

}  // namespace weir
