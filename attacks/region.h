/// Where the images of an attack may go: the ball around each original cut with the pixel range. Moving and
/// coming back are one step, so no iterate ever stands outside.
#pragma once

#include <array>
#include <span>

#include "attacks/attack.h"
#include "attacks/option_visitor.h"
#include "attacks/pixel_box.h"

namespace weir {

constexpr std::array<NamedValue<PixelNorm>, 2> ball_norms = {
    {{"linf", PixelNorm::linf}, {"l2", PixelNorm::l2}}};

/// The options `norm` and `eps`, which is otherwise 8/255 of the pixel range for linf, 128/255 for l2, as
/// they are used on CIFAR-10.
void visit_ball(OptionVisitor& visit, PixelNorm& norm, double& eps, std::string_view what_for);

/// One ball for each row. In l-infinity it is a box of pixels, rounded once. In l2 an image that is too far
/// away is pulled back along the line to its original, then clipped, which brings it nearer still: inside
/// both, though not their nearest point. Rows are independent.
class Region {
 public:
  /// originals [n, C, H, W], inside `pixels`. The norm is linf or l2.
  Region(const Tensor& originals, Ball ball, Range pixels);

  const Tensor& originals() const { return originals_; }
  /// Steepest ascent for the norm, then back inside: x + length * sign(g) for linf, x + length * g / |g|_2
  /// for l2. A row whose gradient is zero stands still, and so does what is NaN. lengths: one a row, in data
  /// units.
  Tensor step(const Tensor& x, const Tensor& gradient, std::span<const double> lengths) const;
  Tensor project(const Tensor& x) const;
  /// Uniform in the ball, then clipped to the pixel range. One generator a row.
  Tensor random_points(std::span<const Rng> rngs) const;
  /// Of the rows, only these stay.
  void keep(std::span<const Index> rows);

 private:
  Tensor pulled_back(const Tensor& x) const;

  Ball ball_;
  Range pixels_;
  Tensor originals_;
  PixelBox box_;  // in l2: the pixel range
};

}  // namespace weir
