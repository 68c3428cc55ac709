/// The nearest decision boundary of a network that is taken for affine around an image.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attacks/attack.h"

namespace weir {

/// The classes that a victim may be pushed to.
class Candidates {
 public:
  /// For each victim the `count` classes besides its label, or all there are, that its clean logits make
  /// likeliest; among equals the lower first. The victims must outlive this.
  Candidates(const Victims& victims, Index count);
  /// K, the same for every victim.
  Index count() const { return count_; }
  std::span<const std::int32_t> of(Index victim) const;
  std::int32_t label(Index victim) const { return victims_.labels[static_cast<std::size_t>(victim)]; }

 private:
  const Victims& victims_;
  Index count_;
  std::vector<std::int32_t> classes_;  // [n, K]
};

/// K cotangents e_k - e_y for each of the chosen victims, so that gradient k is that of z_k - z_y: nothing is
/// left to subtract. Row i of the batch is victim victims[i]. Both arguments must outlive the rule.
SeedRule difference_seeds(const Candidates& candidates, std::span<const Index> victims);

struct BoundaryOptions {
  PixelNorm norm = PixelNorm::l2;       // in which distances are measured: l2 or linf
  double guard = 0;                     // added to the gradient's norm where it divides
  bool losing_candidates_only = false;  // leave out classes with z_k >= z_y
};

/// Of one image. With `norm` l2 the step to the boundary is distance / slope times the gradient, with linf
/// distance times its sign.
struct Boundary {
  Index candidate =
      -1;           // position among the candidates; -1: no class has a gradient, or none may be pushed to
  double lead = 0;  // z_y - z_k
  double distance = 0;  // |z_y - z_k| / slope
  double slope = 0;     // the gradient's dual norm, with the guard
};

/// One boundary for each of the chosen victims, from their gradients [K, n, C, H, W] and logits [n, classes].
/// The first of equally near ones is taken; a gradient that is NaN comes before all others, so that it is
/// noticed.
std::vector<Boundary> nearest_boundaries(const Answer& answer, const Candidates& candidates,
                                         std::span<const Index> victims, const BoundaryOptions& options);

/// The gradient of each row's nearest boundary, that of the first candidate where there is none. [n, C, H, W]
Tensor directions(const Answer& answer, std::span<const Boundary> nearest);

}  // namespace weir
