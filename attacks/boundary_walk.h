/// Images on their way to decision boundaries, step by step.
#pragma once

#include <span>
#include <vector>

#include "attacks/nearest_boundary.h"

namespace weir {

/// each: a step starts where the last one ended, stretched and clipped to the pixel range. summed: the sum of
/// all steps is stretched and added to the clean image. summed_and_clipped: the same, then clipped.
enum class Steps { each, summed, summed_and_clipped };

struct WalkOptions {
  PixelNorm norm = PixelNorm::l2;  // l2: along the gradient; linf: along its signs
  Steps steps = Steps::each;
  double beyond = 0;  // data units that a step leads past its boundary, before it is stretched
  double stretch = 1;
  Range pixels = {};
};

class BoundaryWalk {
 public:
  /// clean [n, C, H, W]
  BoundaryWalk(const Tensor& clean, const WalkOptions& options);

  const Tensor& images() const { return x_; }
  /// The gradients towards the boundaries aimed at. [n, C, H, W]
  const Tensor& gradients() const { return gradients_; }
  /// Takes the next step's direction from what was asked about images(); one boundary a row.
  void aim(const Answer& answer, const std::vector<Boundary>& nearest);
  void step();
  /// Forgets all other rows. Call between aim() and step(), or after step().
  void keep(std::span<const Index> rows);

 private:
  WalkOptions options_;
  Tensor x_, clean_, total_;  // [n, C, H, W]; total: the sum of all steps, not stretched
  Tensor gradients_;          // [n, C, H, W]
  Tensor lengths_;            // [n]: how much of a gradient, or of its signs, is a step
};

}  // namespace weir
