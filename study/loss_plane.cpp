#include "study/loss_plane.h"

#include <algorithm>
#include <cmath>

#include "attacks/reading.h"
#include "study/palette.h"
#include "study/trace_pictures.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (const double value : (a * b).to_host_double()) sum += value;
  return sum;
}

Tensor unit(const Tensor& x) {
  const double length = std::sqrt(dot(x, x));
  expects(length > 0, "a direction must not be zero");
  return (1 / length) * x;
}

/// Two directions of length 1 at right angles: uphill at the original, and any other.
struct PlaneAxes {
  Tensor uphill, aside;  // [1, C, H, W]
};

PlaneAxes axes_at(Evaluator& evaluator, const Tensor& original, std::int32_t label, const Rng& rng) {
  const SeedRule seeds = [&](const Tensor& logits, RowRange) {
    Device& device = logits.device();
    return softmax(logits) -
           one_hot(Labels::from_host(std::span(&label, 1), device), logits.shape()[1], logits.dtype());
  };
  const Tensor uphill = unit(evaluator.query(original, seeds).gradients.reshaped(original.shape()));
  const Tensor any = normal(original.shape(), 0, 1, rng, original.device());
  return {uphill, unit(add_scaled(any, -dot(any, uphill), uphill))};
}

Tensor image_of(const TraceStep& step, const Trace& trace, Device& device) {
  return Tensor::from_host(std::span<const float>(step.image),
                           {1, trace.channels, trace.size.height, trace.size.width}, device);
}

/// From a bit left of the original to a bit beyond the farthest shadow.
void choose_reach(LossPlane& plane) {
  double farthest = 0;
  for (const auto& [right, up] : plane.steps) farthest = std::max({farthest, std::abs(right), std::abs(up)});
  constexpr double least = 0.1, beyond = 1.3, behind = 0.5;
  plane.to = beyond * std::max(farthest, least);
  plane.from = -behind * plane.to;
}

}  // namespace

LossPlane loss_plane(Evaluator& evaluator, const Trace& trace, const PlaneOptions& options) {
  expects(options.side >= 2, "a plane has 2 points a side or more, found {}", options.side);
  Device& device = evaluator.device();
  const Tensor original = image_of(trace.first(), trace, device);
  const PlaneAxes axes = axes_at(evaluator, original, trace.record.label, options.rng);
  LossPlane plane{.side = options.side, .loss = {}, .answers = {}, .steps = {}};
  for (const TraceStep& step : trace.steps) {
    const Tensor moved = image_of(step, trace, device) - original;
    plane.steps.emplace_back(dot(moved, axes.uphill), dot(moved, axes.aside));
  }
  choose_reach(plane);

  const double spacing = (plane.to - plane.from) / static_cast<double>(plane.side - 1);
  for (Index row = 0; row < plane.side; ++row) {
    const double up = (plane.to - plane.from) / 2 - spacing * static_cast<double>(row);
    std::vector<Tensor> line;
    for (Index column = 0; column < plane.side; ++column)
      line.push_back(
          add_scaled(add_scaled(original, plane.from + spacing * static_cast<double>(column), axes.uphill),
                     up, axes.aside));
    for_each_row(evaluator.logits(concatenate(line)), [&](Index, std::span<const double> logits) {
      plane.loss.push_back(-std::log(std::max(confidence_of(logits, trace.record.label), 1e-300)));
      plane.answers.push_back(predicted_class(logits));
    });
  }
  return plane;
}

RgbPicture picture_of(const LossPlane& plane, std::int32_t label, Index factor) {
  RgbPicture picture{.width = plane.side, .height = plane.side, .pixels = {}};
  const double highest = *std::ranges::max_element(plane.loss);
  for (std::size_t i = 0; i < plane.loss.size(); ++i) {
    constexpr double faintest = 0.15;
    const double strength = faintest + (1 - faintest) * std::sqrt(plane.loss[i] / std::max(highest, 1e-9));
    for (const std::uint8_t part :
         rgb(mixed("#ffffff", colour(plane.answers[i] == label ? "igsm" : "fgsm"), std::min(strength, 1.0))))
      picture.pixels.push_back(part);
  }
  const double spacing = (plane.to - plane.from) / static_cast<double>(plane.side - 1);
  for (const auto& [right, up] : plane.steps) {
    const Index column = std::lround((right - plane.from) / spacing);
    const Index row = std::lround(((plane.to - plane.from) / 2 - up) / spacing);
    if (column < 0 || column >= plane.side || row < 0 || row >= plane.side) continue;
    std::ranges::copy(rgb(colour("ink")),
                      picture.pixels.begin() + static_cast<std::ptrdiff_t>(3 * (row * plane.side + column)));
  }
  return enlarged(picture, factor);
}

}  // namespace weir
