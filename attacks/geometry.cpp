#include "attacks/geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/check.h"

namespace weir {
namespace {

struct Norms {
  Index l0 = 0;
  double l1 = 0, squares = 0, linf = 0;

  void absorb(double value) {
    const double size = std::abs(value);
    l0 += size != 0;
    l1 += size;
    squares += size * size;
    // max would drop a NaN, this keeps it
    if (size > linf || std::isnan(size)) linf = size;
  }
  double l2() const { return std::sqrt(squares); }
};

double ratio(double part, double whole) { return part == 0 ? 0 : part / whole; }

/// Places of the image at which some channel differs.
Index changed_pixels(std::span<const double> original, std::span<const double> moved, Index channels) {
  const std::size_t pixels = original.size() / static_cast<std::size_t>(channels);
  Index count = 0;
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    bool changed = false;
    for (std::size_t i = pixel; i < original.size(); i += pixels) changed |= original[i] != moved[i];
    count += changed;
  }
  return count;
}

}  // namespace

Distortion measure(std::span<const double> original, std::span<const double> moved,
                   const MeasureOptions& options) {
  expects(original.size() == moved.size(), "images of {} and {} features have no distance", original.size(),
          moved.size());
  expects(options.channels > 0 && original.size() % static_cast<std::size_t>(options.channels) == 0,
          "{} features are no image of {} channels", original.size(), options.channels);
  Norms change, whole;
  Index tolerant = 0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    const double difference = moved[i] - original[i];
    change.absorb(difference);
    whole.absorb(original[i]);
    tolerant += std::abs(difference) > options.tolerance;
  }
  return {.l0_features = change.l0,
          .l0_tolerant = tolerant,
          .l0_pixels = changed_pixels(original, moved, options.channels),
          .l1 = change.l1,
          .l2 = change.l2(),
          .linf = change.linf,
          .relative_l0 = ratio(static_cast<double>(change.l0), static_cast<double>(whole.l0)),
          .relative_l1 = ratio(change.l1, whole.l1),
          .relative_l2 = ratio(change.l2(), whole.l2()),
          .relative_linf = ratio(change.linf, whole.linf)};
}

double norm_of(const Distortion& distortion, PixelNorm norm) {
  switch (norm) {
    case PixelNorm::l0:
      return static_cast<double>(distortion.l0_features);
    case PixelNorm::l1:
      return distortion.l1;
    case PixelNorm::l2:
      return distortion.l2;
    case PixelNorm::linf:
      return distortion.linf;
  }
  ensures(false, "a norm without a value");
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace weir
