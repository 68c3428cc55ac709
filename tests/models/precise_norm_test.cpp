#include "models/precise_norm.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

#include "layers/init.h"
#include "models/evaluate.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

constexpr Index count = 120;

Architecture one_conv(Norm norm) {
  return {
      .model = "one",
      .layers = {LayerSpec{.kind = LayerKind::max_pool}, LayerSpec{.kind = LayerKind::dropout, .rate = 0.5},
                 LayerSpec{.kind = LayerKind::conv, .width = 4, .norm = norm},
                 LayerSpec{.kind = LayerKind::flatten}}};
}

/// Sorted from dark to bright, so that batches differ and the variance of their means counts.
ImageSet sorted_images() {
  ImageSet images = small_images(count);
  for (Index n = 0; n < count; ++n)
    for (Index i = 0; i < image_volume; ++i) {
      std::uint8_t& pixel = images.pixels[static_cast<std::size_t>(n * image_volume + i)];
      pixel = static_cast<std::uint8_t>(pixel * (n + 1) / count);
    }
  return images;
}

TEST(PreciseNorm, FindsTheMomentsOfAllImagesWithDropoutOff) {
  const ImageSet images = sorted_images();
  Device& device = Device::fastest();
  const std::unique_ptr<Sequential> plain = build(one_conv(Norm::none), device);
  initialise_he(*plain, Rng{.seed = 4});
  const std::unique_ptr<Sequential> normed = build(one_conv(Norm::before_activation), device);
  initialise_he(*normed, Rng{.seed = 4});
  estimate_statistics(*normed, one_conv(Norm::before_activation), images, {.images = count, .batch = 40});

  Evaluator evaluator(*plain, device);
  const std::vector<float> values = evaluator.logits(image_tensor(images, {0, count}, device)).to_host();
  const SafetensorsFile file = file_of(*normed);
  for (Index channel = 0; channel < 4; ++channel) {
    std::vector<double> of_channel;
    for (Index n = 0; n < count; ++n)
      for (Index pixel = 0; pixel < 256; ++pixel)
        of_channel.push_back(values[static_cast<std::size_t>((n * 4 + channel) * 256 + pixel)]);
    const double size = static_cast<double>(of_channel.size());
    const double mean = std::accumulate(of_channel.begin(), of_channel.end(), 0.0) / size;
    double variance = 0;
    for (const double value : of_channel) variance += (value - mean) * (value - mean) / size;
    const auto at = static_cast<std::size_t>(channel);
    EXPECT_NEAR(file.find("bn1.running_mean")->floats()[at], mean, 1e-5 * std::sqrt(variance));
    EXPECT_NEAR(file.find("bn1.running_var")->floats()[at], variance, 1e-3 * variance);
  }
}

TEST(PreciseNorm, LeavesWeightsAloneAndNetworksWithoutNormAltogether) {
  const ImageSet images = small_images(40);
  const std::unique_ptr<Sequential> network = build(one_conv(Norm::none), Device::fastest());
  initialise_he(*network, Rng{.seed = 4});
  const std::vector<float> before = file_of(*network).find("conv1.weight")->floats();
  estimate_statistics(*network, one_conv(Norm::none), images, {.images = 40, .batch = 100});
  EXPECT_EQ(file_of(*network).find("conv1.weight")->floats(), before);
  const std::unique_ptr<Sequential> normed = build(one_conv(Norm::before_activation), Device::fastest());
  EXPECT_THROW(estimate_statistics(*normed, one_conv(Norm::before_activation), small_images(0)), Error);
}

}  // namespace
}  // namespace weir
