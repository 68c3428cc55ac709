#include "infoflow/device_paths.h"

#include <utility>

#include "infoflow/device_maps.h"
#include "infoflow/path_parts.h"

namespace weir {
namespace {

/// Maps with their ranges for RangeRule::global, if that is the rule.
struct Ranged {
  DeviceMaps maps;
  std::span<const ValueRange> fixed;
};

/// Masks, and how many symbols each map uses, which is looked at on the host: fetched once, since a GPU is
/// waited for.
struct Counted {
  explicit Counted(DeviceMasks made) : masks(std::move(made)), occupied(masks.occupied.to_host()) {}
  DeviceMasks masks;
  std::vector<int> occupied;  // [images, channels]
};

struct Reference {
  Counted maps;
  std::vector<DeviceMasks> shifted;  // of Estimator::shift_null
};

/// What every layer is compared with, images or target layer, at each size that came up.
struct Comparison {
  Ranged with;
  OncePerSize<Reference> references;
};

/// One layer while it is measured, at each size that came up.
struct Layer {
  const Ranged& own;
  OncePerSize<Counted> sizes;
};

/// All images of a batch at once. As Measurement of information_path.cpp, and in its order.
class BatchMeasurement {
 public:
  BatchMeasurement(const FlowOptions& options, Ranged images, Ranged target)
      : options_(options), images_{std::move(images), {}}, target_{std::move(target), {}} {}

  /// With lists of [images, channels].
  MeasuredLayer measure(const Ranged& own, Pairing to_target);

 private:
  const DeviceTable& table(MapSize size);
  const Reference& reference(Comparison& comparison, MapSize size);
  const Counted& rows(Layer& layer, MapSize size);
  InformationSums compare(Layer& layer, Comparison& comparison, Pairing kind);

  const FlowOptions& options_;
  Comparison images_, target_;
  OncePerSize<DeviceTable> tables_;
};

const DeviceTable& BatchMeasurement::table(MapSize size) {
  return tables_.get(size, [&] {
    return DeviceTable(cell_table(size.area(), options_.estimator), images_.with.maps.values.device());
  });
}

const Reference& BatchMeasurement::reference(Comparison& comparison, MapSize size) {
  return comparison.references.get(size, [&] {
    const auto& [maps, fixed] = comparison.with;
    const DeviceSymbols symbols = symbols_of(maps, size, symbol_rule(options_, fixed));
    Reference made{Counted(countable(symbols, table(size))), {}};
    if (options_.estimator == Estimator::shift_null)
      for (const Shift shift : null_shifts(size, options_.shifts))
        made.shifted.push_back(countable(shifted(symbols, shift), table(size)));
    return made;
  });
}

const Counted& BatchMeasurement::rows(Layer& layer, MapSize size) {
  return layer.sizes.get(size, [&] {
    return Counted(
        countable(symbols_of(layer.own.maps, size, symbol_rule(options_, layer.own.fixed)), table(size)));
  });
}

/// What belongs to one image of a list [images, ...].
template <class T>
std::span<const T> part_of(const std::vector<T>& all, Index image, Index each) {
  return std::span(all).subspan(static_cast<std::size_t>(image * each), static_cast<std::size_t>(each));
}

template <class T>
std::vector<T> copied(std::span<const T> part) {
  return {part.begin(), part.end()};
}

/// pairs_of_rows() of every image, one after the other.
std::vector<Index> pairs_of_batch(const Counted& rows, const Counted& columns, const PairRule& rule,
                                  Pairing kind) {
  std::vector<Index> pairs;
  for (Index image = 0; image < rows.masks.images; ++image) {
    const std::vector<Index> mine =
        pairs_of_rows(part_of(rows.occupied, image, rows.masks.layout.channels),
                      part_of(columns.occupied, image, columns.masks.layout.channels), rule, kind);
    pairs.insert(pairs.end(), mine.begin(), mine.end());
  }
  return pairs;
}

InformationSums BatchMeasurement::compare(Layer& layer, Comparison& comparison, Pairing kind) {
  const MapSize size = smaller(layer.own.maps.size, comparison.with.maps.size);
  const PairRule rule{options_.constant_maps, options_.self_pairs};
  const SelfPairs self_pairs = drops_self_pairs(rule, kind) ? SelfPairs::skip : SelfPairs::include;
  const Counted& rows = this->rows(layer, size);
  const Reference& columns = reference(comparison, size);
  InformationSums result{.positions = size.area()};
  result.sums = information_sums(rows.masks, columns.maps.masks, table(size), self_pairs).to_host();
  for (const DeviceMasks& shifted : columns.shifted)
    result.nulls.push_back(information_sums(rows.masks, shifted, table(size), self_pairs).to_host());
  result.pairs = pairs_of_batch(rows, columns.maps, rule, kind);
  return result;
}

MeasuredLayer BatchMeasurement::measure(const Ranged& own, Pairing to_target) {
  Layer layer{own, {}};
  const MapSize size = own.maps.size;
  return {.channels = own.maps.channels,
          .size = size,
          .occupied_symbols = rows(layer, size).occupied,
          .compared_occupied_symbols = rows(layer, smaller(size, target_.with.maps.size)).occupied,
          .with_image = compare(layer, images_, Pairing::with_others),
          .with_target = compare(layer, target_, to_target)};
}

InformationSums of_image(const InformationSums& all, Index image, Index channels) {
  InformationSums result{.positions = all.positions,
                         .sums = copied(part_of(all.sums, image, channels)),
                         .pairs = copied(part_of(all.pairs, image, channels))};
  for (const auto& null : all.nulls) result.nulls.push_back(copied(part_of(null, image, channels)));
  return result;
}

MeasuredLayer of_image(const MeasuredLayer& all, Index image) {
  return {.channels = all.channels,
          .size = all.size,
          .occupied_symbols = copied(part_of(all.occupied_symbols, image, all.channels)),
          .compared_occupied_symbols = copied(part_of(all.compared_occupied_symbols, image, all.channels)),
          .with_image = of_image(all.with_image, image, all.channels),
          .with_target = of_image(all.with_target, image, all.channels)};
}

/// Takes the paths of images that have other values away.
void keep_finite(const DeviceMaps& maps, std::vector<std::optional<Path>>& paths) {
  const std::vector<KeyRange> ranges = image_ranges(maps).to_host();
  for (std::size_t image = 0; image < paths.size(); ++image)
    if (!is_finite(ranges[image])) paths[image].reset();
}

}  // namespace

bool counted_on_device(const Device& device, const FlowOptions& options) {
  return !device.is_host() && options.method == CountMethod::automatic &&
         options.range != RangeRule::shared && options.range != RangeRule::robust;
}

std::vector<std::optional<Path>> device_paths(std::span<const Tensor> layers, const Tensor& images,
                                              const FlowOptions& options) {
  const std::size_t target = target_index(layers.size(), options);
  const FixedRanges ranges(options, layers.size());
  std::vector<std::optional<Path>> paths(static_cast<std::size_t>(images.rows()), Path{});
  const Ranged image{DeviceMaps(images), ranges.image()};
  keep_finite(image.maps, paths);
  BatchMeasurement measurement(options, image, {DeviceMaps(layers[target]), ranges.layer(target)});
  for (std::size_t k = 0; k < layers.size(); ++k)
    naming(layer_name(k), [&] {
      const Ranged own{DeviceMaps(layers[k]), ranges.layer(k)};
      const Pairing to_target = k == target ? Pairing::with_itself : Pairing::with_others;
      const MeasuredLayer all = measurement.measure(own, to_target);
      keep_finite(own.maps, paths);
      for (Index n = 0; n < images.rows(); ++n)
        if (std::optional<Path>& path = paths[static_cast<std::size_t>(n)])
          append(of_image(all, n), options, *path);
    });
  return paths;
}

}  // namespace weir
