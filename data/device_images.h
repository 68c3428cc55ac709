/// Images that stay on a device, so that a training step sends it a few numbers for each image and not the
/// image: flips, crops and data units are made there.
#pragma once

#include "data/augment.h"
#include "tensor/tensor.h"

namespace weir {

class DeviceImages {
 public:
  DeviceImages(const ImageSet& images, Device& device);
  /// What fill_batch() writes, to the bit: [rows, 3, 32, 32].
  Tensor batch(std::span<const Index> rows, const AugmentOptions& options, Index epoch) const;

 private:
  Array<std::uint8_t> pixels_;
};

}  // namespace weir
