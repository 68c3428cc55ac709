/// What training does to its images on the way in: flips, crops, and pixels to data units.
#pragma once

#include <cstdint>
#include <span>

#include "data/cifar.h"

namespace weir {

enum class Flip {
  none,
  alternating,  // every image is seen in both orientations, in turn from epoch to epoch; the first one is
                // random
  random,       // a coin for every image and epoch
};

/// Alternating flip: Jordan 2024, "94% on CIFAR-10 in 3.29 seconds". Reflection: the border
/// pixel itself is not repeated.
struct AugmentOptions {
  Flip flip = Flip::alternating;
  Index crop_padding = 4;  // pixels of reflection on each side, out of which a 32 x 32 window is cut; 0 to 31
  std::uint64_t seed = 2018;
};

/// No flip, no crop: pixels to data units and nothing else.
constexpr AugmentOptions no_augmentation = {.flip = Flip::none, .crop_padding = 0};

/// How the image at `row` is changed in one epoch.
struct ImageChange {
  Index row = 0;
  Index down = 0, right = 0;  // of the window, from the middle: -padding to padding
  bool mirrored = false;
};
/// Throws Error (usage) for a padding outside 0 to 31.
ImageChange image_change(const AugmentOptions& options, Index epoch, Index row);

/// Writes the images at `rows` to out [rows, 3, 32, 32] in data units. A pure function of (seed, epoch, row):
/// neither the batch nor its order nor any thread changes what becomes of an image.
void fill_batch(const ImageSet& images, std::span<const Index> rows, const AugmentOptions& options,
                Index epoch, float* out);

}  // namespace weir
