/// What training sees: flipped and shifted copies, each a pure function of (rng, epoch, image), and the order of an epoch.
#pragma once

#include <span>
#include <vector>

#include "data/cifar.h"
#include "tensor/random.h"

namespace weir {

enum class Flip {
  none,
  random,       // by a coin for every image and epoch
  alternating,  // every image in both orientations on alternate epochs (Jordan 2024, airbench); a coin for the first
};

struct AugmentOptions {
  Flip flip = Flip::alternating;
  Index crop = 4;  // pixels of reflected border, out of which a random 32 x 32 window is cut; 0: no shift
  Rng rng = {};
};

/// Row k of out [rows, 3, 32, 32] becomes the copy of image rows[k] that this epoch shows, in data units.
void fill_batch(const ImageSet& images, std::span<const Index> rows, const AugmentOptions& options, Index epoch,
                float* out);

/// A permutation of 0 .. count - 1, another one for every epoch (Fisher and Yates).
std::vector<Index> epoch_order(Index count, const Rng& rng, Index epoch);

}  // namespace weir
