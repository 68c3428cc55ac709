/// Descent on images that cannot leave the pixel range: each pixel is the tanh of a free variable, and Adam
/// moves the variables (tensor/kernels/tanh_adam.h).
#pragma once

#include <span>
#include <vector>

#include "tensor/kernels/tanh_adam.h"
#include "tensor/random.h"

namespace weir {

class TanhDescent {
 public:
  /// originals [n, C, H, W] inside `pixels`. Slot s starts at row rows[s] of them.
  TanhDescent(const Tensor& originals, Range pixels, std::span<const Index> rows);

  /// The images to ask the network about. [slots, C, H, W]
  const Tensor& images() const { return pixels_; }
  /// The squared L2 distance of each image from its start: the original after a round trip through tanh.
  std::vector<double> squared_distances() const;
  /// The gradient with respect to the pixels of the squared distance plus a term whose gradient is given.
  Tensor loss_gradient(const Tensor& gradient) const;
  /// One step for each slot: keeps the image if it is the best of its row, then descends, restarts or rests.
  void advance(const Tensor& gradient, std::span<const SlotStep> steps);
  /// Forgets all other slots.
  void keep(std::span<const Index> slots);
  /// The image last kept of each row; the original where none was. [n, C, H, W]
  const Tensor& best() const { return best_; }

 private:
  Tensor originals_, best_;                                             // [n, C, H, W]
  Tensor origin_, start_, shift_, mean_, mean_square_, tanh_, pixels_;  // [slots, C, H, W]
  Range range_;
};

}  // namespace weir
