#include "infoflow/information_path.h"

#include "infoflow/path_parts.h"
#include "infoflow/shared_range.h"

namespace weir {
namespace {

/// Maps with their ranges for RangeRule::global, if that is the rule.
struct Ranged {
  LayerMaps maps;
  std::span<const ValueRange> fixed;
};

/// What every layer is compared with, image or target layer, at each size that came up.
struct Comparison {
  Ranged with;
  OncePerSize<ReferenceMaps> references;
};

/// One layer while it is measured, at each size that came up.
struct Layer {
  Ranged own;
  OncePerSize<CountableMaps> sizes;
};

/// One image: tables and reference maps are made once and shared by its layers.
class Measurement {
 public:
  Measurement(const FlowOptions& options, Ranged image, Ranged target)
      : options_(options), method_(resolved(options.method)), image_{image, {}}, target_{target, {}} {}

  void add(const Ranged& layer, Pairing to_target, Path& path);

 private:
  const CellTable& table(MapSize size);
  const ReferenceMaps& reference(Comparison& comparison, MapSize size);
  const CountableMaps& rows(Layer& layer, MapSize size);
  InformationSums compare(Layer& layer, Comparison& comparison, Pairing kind);

  const FlowOptions& options_;
  CountMethod method_;
  Comparison image_, target_;
  OncePerSize<CellTable> tables_;
};

const CellTable& Measurement::table(MapSize size) {
  return tables_.get(size, [&] { return cell_table(size.area(), options_.estimator); });
}

const ReferenceMaps& Measurement::reference(Comparison& comparison, MapSize size) {
  return comparison.references.get(size, [&] {
    const auto& [maps, fixed] = comparison.with;
    const bool null = options_.estimator == Estimator::shift_null;
    return reference_maps(symbols_of(maps, size, symbol_rule(options_, fixed)), table(size), method_,
                          null ? null_shifts(size, options_.shifts) : std::vector<Shift>{});
  });
}

const CountableMaps& Measurement::rows(Layer& layer, MapSize size) {
  return layer.sizes.get(size, [&] {
    return countable(symbols_of(layer.own.maps, size, symbol_rule(options_, layer.own.fixed)), table(size),
                     method_, CountedAs::rows);
  });
}

InformationSums Measurement::compare(Layer& layer, Comparison& comparison, Pairing kind) {
  const MapSize size = smaller(layer.own.maps.size, comparison.with.maps.size);
  const PairRule rule{options_.constant_maps, options_.self_pairs, method_};
  if (options_.range == RangeRule::shared)
    return shared_range_information(layer.own.maps, comparison.with.maps, size, {options_, rule, kind});
  return information_of(rows(layer, size), reference(comparison, size), table(size), rule, kind);
}

void Measurement::add(const Ranged& own, Pairing to_target, Path& path) {
  Layer layer{own, {}};
  const MapSize size = own.maps.size;
  append(
      {.channels = own.maps.channels,
       .size = size,
       .occupied_symbols = rows(layer, size).masks.occupied_symbols,
       .compared_occupied_symbols = rows(layer, smaller(size, target_.with.maps.size)).masks.occupied_symbols,
       .with_image = compare(layer, image_, Pairing::with_others),
       .with_target = compare(layer, target_, to_target)},
      options_, path);
}

/// Map by map, so that the message counts within one.
void require_finite(const LayerMaps& maps) {
  for (Index c = 0; c < maps.channels; ++c) finite_range(maps.map(c));
}

}  // namespace

Path information_path(std::span<const LayerMaps> layers, const LayerMaps& image, const FlowOptions& options) {
  const std::size_t target = target_index(layers.size(), options);
  const FixedRanges ranges(options, layers.size());
  naming("the image", [&] { require_finite(image); });
  for (std::size_t k = 0; k < layers.size(); ++k)  // the first that is wrong made the others wrong
    naming(layer_name(k), [&] { require_finite(layers[k]); });
  Measurement measurement(options, {image, ranges.image()}, {layers[target], ranges.layer(target)});
  Path path;
  for (std::size_t k = 0; k < layers.size(); ++k)
    naming(layer_name(k), [&] {
      measurement.add({layers[k], ranges.layer(k)}, k == target ? Pairing::with_itself : Pairing::with_others,
                      path);
    });
  return path;
}

}  // namespace weir
