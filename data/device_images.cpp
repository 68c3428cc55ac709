#include "data/device_images.h"

#include "tensor/kernels/launch.h"

namespace weir {
namespace {

/// One pixel of one channel a call.
struct AugmentPixels {
  const std::uint8_t* pixels;
  const ImageChange* changes;  // of each image of the batch
  float* out;
  WEIR_HD static Index reflected(Index position) {
    if (position < 0) return -position;
    return position < image_side ? position : 2 * (image_side - 1) - position;
  }
  WEIR_HD void operator()(Index i) const {
    const Index x = i % image_side, y = i / image_side % image_side;
    const Index channel = i / (image_side * image_side) % image_channels;
    const ImageChange change = changes[i / image_volume];
    const Index column = reflected((change.mirrored ? image_side - 1 - x : x) + change.right);
    const Index row = reflected(y + change.down);
    const std::uint8_t pixel =
        pixels[change.row * image_volume + (channel * image_side + row) * image_side + column];
    out[i] = static_cast<float>(pixel) / 127.5f - 1;
  }
};

}  // namespace

DeviceImages::DeviceImages(const ImageSet& images, Device& device)
    : pixels_(Array<std::uint8_t>::from_host(images.pixels, device)) {}

Tensor DeviceImages::batch(std::span<const Index> rows, const AugmentOptions& options, Index epoch) const {
  std::vector<ImageChange> changes;
  for (const Index row : rows) changes.push_back(image_change(options, epoch, row));
  Device& device = pixels_.device();
  const auto there = Array<ImageChange>::from_host(changes, device);
  const auto count = static_cast<Index>(rows.size());
  Tensor batch = Tensor::uninitialised(Shape{count, image_channels, image_side, image_side}, device);
  for_each_index(device, count * image_volume,
                 AugmentPixels{pixels_.read(), there.read(), batch.overwrite<float>()});
  return batch;
}

}  // namespace weir
