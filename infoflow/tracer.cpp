#include "infoflow/tracer.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "infoflow/bucketize.h"
#include "infoflow/device_paths.h"
#include "tensor/check.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Entries = std::span<const Entry>;

/// The entry that pools `output`; null if nothing does.
const Entry* pooling_of(Entries entries, const Entry* output) {
  const auto input = static_cast<int>(output - entries.data());
  const auto pools = [&](const Entry& entry) {
    return entry.op.ends_with("_pool") && entry.inputs.front() == input;
  };
  const auto found = std::ranges::find_if(entries, pools);
  return found == entries.end() ? nullptr : &*found;
}

const Entry* with_pooling(Entries entries, const Entry* output, Tap tap) {
  const Entry* pooled = pooling_of(entries, output);
  if (pooled == nullptr) return output;
  const MapSize size = map_size(pooled->value.shape());
  return tap == Tap::post_pool_local && std::min(size.height, size.width) < 2 ? output : pooled;
}

/// The entry to read for convolution layer `scope`; null if there is no such layer.
const Entry* tapped_entry(const Tape& tape, const std::string& scope, Tap tap) {
  const Entry* output = tape.last_in_scope(scope);
  if (output == nullptr) return output;
  switch (tap) {
    case Tap::post_act:
      return output;
    case Tap::pre_act:
      return tape.last_in_scope(scope, "conv2d");
    case Tap::post_relu:
      return tape.last_in_scope(scope, "relu");
    case Tap::post_pool:
    case Tap::post_pool_local:
      return with_pooling(tape.entries(), output, tap);
  }
  return nullptr;
}

std::string_view name(Tap tap) {
  switch (tap) {
    case Tap::post_act:
      return "post_act";
    case Tap::pre_act:
      return "pre_act";
    case Tap::post_relu:
      return "post_relu";
    case Tap::post_pool:
      return "post_pool";
    case Tap::post_pool_local:
      return "post_pool_local";
  }
  return "";
}

TapeOptions tape_options(const FlowOptions& options) {
  return {.mode = Mode::evaluate, .record = Record::values, .fuse = options.tap == Tap::post_act};
}

/// What one piece of the batch recorded.
struct Traced {
  Tensor images;               // [n, C, H, W]
  std::vector<Tensor> layers;  // [n, ...] each
  RowRange rows;
};

Traced traced(const Piece& piece, Tap tap) {
  Traced result{piece.images.value(), tapped_layers(piece.tape, tap), piece.rows};
  if (result.layers.empty())
    fail({.code = "E0229",
          .message = "the network has no convolution layer to measure: nothing was recorded under `conv1`"});
  return result;
}

/// One image's maps on the host, taken out of their batch only now: one image's activations fit a core's
/// cache, a whole piece's do not.
struct HostMaps {
  Tensor values;
  LayerMaps view;

  HostMaps(const Tensor& batch, Index row)
      : values(batch.batch_slice(row, 1).as(DType::f32).in(Layout::plain)) {
    if (!values.device().is_host()) values = values.to(Device::reference());
    view = {.values = {values.read<float>(), static_cast<std::size_t>(values.shape().volume())},
            .channels = batch.shape()[1],
            .size = map_size(batch.shape())};
  }
};

Path path_of(const Traced& piece, Index row, const FlowOptions& options) {
  std::vector<HostMaps> maps;
  std::vector<LayerMaps> views;
  for (const Tensor& layer : piece.layers) views.push_back(maps.emplace_back(layer, row).view);
  const HostMaps image(piece.images, row);
  return information_path(views, image.view, options);
}

/// The paths of a whole piece, counted on its device. An image that gets none there is asked about on the
/// host, which says what is wrong with it.
std::vector<Path> paths_of(const Traced& piece, const FlowOptions& options) {
  std::vector<Path> paths;
  for (std::optional<Path>& path : device_paths(piece.layers, piece.images, options))
    paths.push_back(path ? std::move(*path) : path_of(piece, std::ssize(paths), options));
  return paths;
}

/// Calls measure(piece, row) for every image: where there are several pieces, on the worker that has the
/// piece's activations in its cache; a lone piece is shared out image by image, as no worker may start
/// others.
void for_each_image(Evaluator& evaluator, const Tensor& images, const FlowOptions& options,
                    const std::function<void(const Traced&, Index)>& measure) {
  const bool lone = images.rows() <= piece_rows_on(evaluator.device());
  Traced only;
  evaluator.visit(images, tape_options(options), [&](Piece& piece) {
    Traced mine = traced(piece, options.tap);
    if (lone)
      only = std::move(mine);
    else
      for (Index row = 0; row < mine.rows.count; ++row) measure(mine, row);
  });
  if (lone) run_pieces(only.rows.count, [&](Index row) { measure(only, row); });
}

std::vector<ValueRange> channel_ranges(const LayerMaps& maps) {
  std::vector<ValueRange> ranges;
  for (Index c = 0; c < maps.channels; ++c) ranges.push_back(finite_range(maps.map(c)));
  return ranges;
}

void widen(std::vector<ValueRange>& ranges, const std::vector<ValueRange>& more) {
  if (ranges.empty()) ranges = more;
  for (std::size_t c = 0; c < ranges.size(); ++c)
    ranges[c] = {std::min(ranges[c].low, more[c].low), std::max(ranges[c].high, more[c].high)};
}

PopulationRanges ranges_of(const Traced& piece, Index row) {
  PopulationRanges result{.image = channel_ranges(HostMaps(piece.images, row).view), .layers = {}};
  for (const Tensor& layer : piece.layers) result.layers.push_back(channel_ranges(HostMaps(layer, row).view));
  return result;
}

}  // namespace

std::vector<Tensor> tapped_layers(const Tape& tape, Tap tap) {
  std::vector<Tensor> layers;
  for (int k = 1;; ++k) {
    const std::string scope = fmt::format("conv{}", k);
    const Entry* entry = tapped_entry(tape, scope, tap);
    if (entry == nullptr && tape.last_in_scope(scope) == nullptr) return layers;
    if (entry == nullptr)
      fail({.code = "E0229",
            .message = fmt::format("layer {} recorded nothing that the tap {} could read", scope, name(tap)),
            .help = "the tap `post-act` reads every convolution layer"});
    layers.push_back(entry->value);
  }
}

std::vector<Path> information_paths(Evaluator& evaluator, const Tensor& images, const FlowOptions& options) {
  std::vector<Path> paths(static_cast<std::size_t>(images.rows()));
  if (counted_on_device(evaluator.device(), options))
    evaluator.visit(images, tape_options(options), [&](Piece& piece) {
      std::ranges::move(paths_of(traced(piece, options.tap), options), paths.begin() + piece.rows.first);
    });
  else
    for_each_image(evaluator, images, options, [&](const Traced& piece, Index row) {
      paths[static_cast<std::size_t>(piece.rows.first + row)] = path_of(piece, row, options);
    });
  return paths;
}

PopulationRanges population_ranges(Evaluator& evaluator, const Tensor& images, const FlowOptions& options) {
  expects(images.rows() > 0, "a population without images has no ranges");
  std::vector<PopulationRanges> single(static_cast<std::size_t>(images.rows()));
  for_each_image(evaluator, images, options, [&](const Traced& piece, Index row) {
    single[static_cast<std::size_t>(piece.rows.first + row)] = ranges_of(piece, row);
  });
  PopulationRanges all = std::move(single.front());
  for (const PopulationRanges& one : std::span(single).subspan(1)) {
    widen(all.image, one.image);
    for (std::size_t k = 0; k < all.layers.size(); ++k) widen(all.layers[k], one.layers[k]);
  }
  return all;
}

}  // namespace weir
