/// What most lessons begin with: a network, and a few images that it gets right. And how their pictures are
/// drawn.
#pragma once

#include "attacks/reading.h"
#include "attacks/registry.h"
#include "data/cifar.h"
#include "data/home.h"
#include "models/evaluate.h"
#include "models/weights.h"
#include "study/image_grid.h"
#include "study/trace_pictures.h"
#include "tensor/ops/pointwise.h"

namespace weir {

/// The image that the lessons about one image share: a cat, and the network is 98.7 % sure of it.
inline constexpr Index our_cat = 9;

struct Classroom {
  /// `count` of the images that come with Weir, from `first` on: those that the network gets right.
  explicit Classroom(Index count, Index first = 0,
                     const std::string& weights = "models/pretrained/good-init.safetensors")
      : stored(load_network(find_resource(weights), device)), evaluator(*stored.network, device) {
    const ImageSet set = load_embedded(Split::test);
    std::vector<Tensor> right;
    for (Index row = first; row < set.count() && static_cast<Index>(right.size()) < count; ++row) {
      const Tensor image = image_tensor(set, {row, 1}, device);
      const std::int32_t truth = set.labels[static_cast<std::size_t>(row)];
      if (predicted_class(evaluator.logits(image).to_host_double()) != truth) continue;
      right.push_back(image);
      labels.push_back(truth);
    }
    images = concatenate(right);
  }

  /// What an attack of the registry makes of the images.
  Outcome attacked(std::string_view name, const OptionTexts& options = {}) {
    return (*make_attack(name, options))(evaluator, task());
  }
  AttackTask task() const { return {.images = images, .truth = Labels::from_host(labels, device)}; }

  Device& device = Device::fastest();
  StoredNetwork stored;
  Evaluator evaluator;
  Tensor images;                     // [N, 3, 32, 32]
  std::vector<std::int32_t> labels;  // [N], the truth, which is also what the network says
};

/// Sums over all elements, in double.
inline double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (const double value : (a * b).to_host_double()) sum += value;
  return sum;
}
inline double length(const Tensor& x) { return std::sqrt(dot(x, x)); }
/// The same direction with length 1.
inline Tensor unit(const Tensor& x) { return (1 / length(x)) * x; }
inline double largest_magnitude(const Tensor& x) {
  double largest = 0;
  for (const double value : x.to_host_double()) largest = std::max(largest, std::abs(value));
  return largest;
}

/// 1 at the label, 0 elsewhere: [N, 10], from which softmax(z) - one_hot is the slope of the loss at the
/// logits.
inline Tensor one_hot(const std::vector<std::int32_t>& labels, Device& device) {
  std::vector<float> rows(labels.size() * class_count, 0);
  for (std::size_t i = 0; i < labels.size(); ++i)
    rows[i * class_count + static_cast<std::size_t>(labels[i])] = 1;
  return Tensor::from_host(std::span<const float>(rows), {std::ssize(labels), class_count}, device);
}

inline std::string_view name_of(std::int32_t label) { return class_names[static_cast<std::size_t>(label)]; }

/// How many of an attack's inputs fool the network, each judged alone.
inline Index fooled(const Outcome& outcome) {
  return std::ranges::count(outcome.records, AttackStatus::success, &AttackRecord::status);
}

/// The mean of a number over the inputs that fool the network.
inline double mean_over_fooled(const Outcome& outcome, double Distortion::*number) {
  double sum = 0;
  for (const AttackRecord& record : outcome.records)
    if (record.status == AttackStatus::success) sum += record.distortion.*number;
  return sum / static_cast<double>(fooled(outcome));
}

inline constexpr Index tile_factor = 4;

/// An image [3, 32, 32] in data units.
inline RgbPicture photo(const std::vector<float>& image) {
  return enlarged(picture_of(image, {.channels = 3, .size = {image_side, image_side}}), tile_factor);
}

/// A gradient [3, 32, 32]: orange where a brighter pixel raises what was differentiated, blue where a darker
/// one does.
inline RgbPicture slopes_picture(const std::vector<float>& gradient) {
  return enlarged(gradient_of({.image = {}, .gradient = gradient, .logits = {}},
                              {.channels = 3, .size = {image_side, image_side}}),
                  tile_factor);
}

/// What was added, `gain` times as strong, on grey.
inline RgbPicture added(const std::vector<float>& changed, const std::vector<float>& original, float gain) {
  return photo(amplified_difference(changed, original, gain));
}

/// Rows of pictures of one size, with white between them.
inline RgbPicture sheet(const std::vector<std::vector<RgbPicture>>& rows) {
  constexpr Index gap = 6;
  const RgbPicture& tile = rows.at(0).at(0);
  const auto columns = static_cast<Index>(rows[0].size()), lines = static_cast<Index>(rows.size());
  RgbPicture all{
      .width = columns * (tile.width + gap) - gap, .height = lines * (tile.height + gap) - gap, .pixels = {}};
  all.pixels.assign(static_cast<std::size_t>(3 * all.width * all.height), 255);
  for (Index line = 0; line < lines; ++line)
    for (Index column = 0; column < columns; ++column)
      for (Index y = 0; y < tile.height; ++y)
        std::copy_n(&rows[static_cast<std::size_t>(line)][static_cast<std::size_t>(column)]
                         .pixels[static_cast<std::size_t>(3 * y * tile.width)],
                    3 * tile.width,
                    &all.pixels[static_cast<std::size_t>(
                        3 * ((line * (tile.height + gap) + y) * all.width + column * (tile.width + gap)))]);
  return all;
}

}  // namespace weir
