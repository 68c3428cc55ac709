#include "study/trace_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "data/cifar.h"
#include "study/image_grid.h"
#include "study/palette.h"
#include "study/statistics.h"
#include "tensor/check.h"

namespace weir {
namespace {

RgbPicture blank(Index width, Index height) {
  constexpr std::uint8_t paper = 255;
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), paper)};
}

std::uint8_t* pixel(RgbPicture& picture, Index x, Index y) {
  return &picture.pixels[static_cast<std::size_t>(3 * (y * picture.width + x))];
}

const std::uint8_t* pixel(const RgbPicture& picture, Index x, Index y) {
  return &picture.pixels[static_cast<std::size_t>(3 * (y * picture.width + x))];
}

void paste(const RgbPicture& small, RgbPicture& large, Index left, Index above) {
  for (Index y = 0; y < small.height; ++y)
    std::copy_n(pixel(small, 0, y), 3 * small.width, pixel(large, left, above + y));
}

/// Summed over the channels: how the objective answers when all of a pixel gets brighter. [H, W]
std::vector<double> brightness_slopes(const TraceStep& step, const Trace& trace) {
  const auto area = static_cast<std::size_t>(trace.size.area());
  std::vector<double> slopes(area);
  for (std::size_t i = 0; i < step.gradient.size(); ++i) slopes[i % area] += step.gradient[i];
  return slopes;
}

/// The colours of least and greatest on either side of white: the palette's, which colour-blind people tell
/// apart.
std::string_view pole(double value) { return colour(value < 0 ? "igsm" : "fgsm"); }

}  // namespace

std::string signed_colour(double value) {
  constexpr std::string_view white = "#ffffff";
  return mixed(white, pole(value), std::min(std::abs(value), 1.0));
}

RgbPicture picture_of(std::span<const float> image, const Trace& trace) {
  const Index area = trace.size.area();
  expects(trace.channels == 3 || trace.channels == 1, "a picture has 1 or 3 channels, found {}",
          trace.channels);
  RgbPicture picture = blank(trace.size.width, trace.size.height);
  const std::vector<std::uint8_t> bytes = to_pixels(image);
  for (Index at = 0; at < area; ++at)
    for (Index channel = 0; channel < 3; ++channel)
      picture.pixels[static_cast<std::size_t>(3 * at + channel)] =
          bytes[static_cast<std::size_t>(std::min(channel, trace.channels - 1) * area + at)];
  return picture;
}

RgbPicture perturbation_of(const TraceStep& step, const Trace& trace, float gain) {
  return picture_of(amplified_difference(step.image, trace.first().image, gain), trace);
}

float perturbation_gain(const Trace& trace) {
  double largest = trace.last().moved.linf;
  if (largest == 0)
    for (const TraceStep& step : trace.steps) largest = std::max(largest, step.moved.linf);
  constexpr std::array round{1.0f, 2.0f, 5.0f, 10.0f, 20.0f, 50.0f, 100.0f, 200.0f, 500.0f, 1000.0f};
  float gain = round.front();
  for (const float one : round)
    if (one * largest <= 1) gain = one;
  return gain;
}

RgbPicture gradient_of(const TraceStep& step, const Trace& trace) {
  RgbPicture picture = blank(trace.size.width, trace.size.height);
  if (step.gradient.empty()) return picture;
  const std::vector<double> slopes = brightness_slopes(step, trace);
  std::vector<double> sizes;
  for (const double slope : slopes) sizes.push_back(std::abs(slope));
  const double full = quantile(sizes, gradient_saturation);
  for (std::size_t at = 0; at < slopes.size(); ++at) {
    if (slopes[at] == 0) continue;
    const auto [red, green, blue] = rgb(signed_colour(full > 0 ? slopes[at] / full : slopes[at]));
    std::uint8_t* const here = &picture.pixels[3 * at];
    here[0] = red, here[1] = green, here[2] = blue;
  }
  return picture;
}

RgbPicture film_of(const Trace& trace, std::span<const Index> steps) {
  const auto [height, width] = trace.size;
  RgbPicture film = blank(width * static_cast<Index>(steps.size()), 3 * height);
  const float gain = perturbation_gain(trace);
  for (std::size_t column = 0; column < steps.size(); ++column) {
    const TraceStep& step = trace.steps[static_cast<std::size_t>(steps[column])];
    const Index left = static_cast<Index>(column) * width;
    paste(picture_of(step.image, trace), film, left, 0);
    paste(gradient_of(step, trace), film, left, height);
    paste(perturbation_of(step, trace, gain), film, left, 2 * height);
  }
  return film;
}

RgbPicture enlarged(const RgbPicture& picture, Index factor) {
  RgbPicture large = blank(picture.width * factor, picture.height * factor);
  for (Index y = 0; y < large.height; ++y)
    for (Index x = 0; x < large.width; ++x)
      std::copy_n(pixel(picture, x / factor, y / factor), 3, pixel(large, x, y));
  return large;
}

}  // namespace weir
