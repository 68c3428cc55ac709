/// A network and images small enough to train in a blink, with everything a real training has: batch norm,
/// dropout, two pieces to a batch, augmentation.
#pragma once

#include "models/train_model.h"
#include "models/weights.h"
#include "tests/data/temporary_folder.h"

namespace weir {

/// 3,650 parameters or so on 8x8 maps.
inline Architecture small_architecture() {
  const LayerSpec pool{.kind = LayerKind::max_pool};
  return {
      .model = "small",
      .layers = {pool, pool, LayerSpec{.kind = LayerKind::conv, .width = 8, .activation = Activation::relu},
                 LayerSpec{.kind = LayerKind::conv, .width = 16, .activation = Activation::relu},
                 LayerSpec{.kind = LayerKind::global_max_pool},
                 LayerSpec{.kind = LayerKind::dropout, .rate = 0.1},
                 LayerSpec{.kind = LayerKind::linear, .width = 10}}};
}

/// Noise, with a bright block whose place and colour tell the class.
inline ImageSet small_images(Index count, std::uint64_t seed = 7) {
  ImageSet set;
  set.source = "small_images";
  for (Index n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(n % class_count);
    for (Index i = 0; i < image_volume; ++i) {
      const Index channel = i / 1024, row = i / 32 % 32, column = i % 32;
      const bool bright = channel == label % 3 && row / 16 == label / 3 % 2 && column / 16 == label / 6;
      const auto noise = random_below({.seed = seed, .stream = static_cast<std::uint64_t>(n)},
                                      static_cast<std::uint64_t>(i), 80);
      set.pixels.push_back(static_cast<std::uint8_t>(noise + (bright ? 170 : 0)));
    }
    set.labels.push_back(label);
    set.original_indices.push_back(n);
  }
  return set;
}

inline Recipe small_recipe() {
  Recipe recipe;
  recipe.name = "small-test";
  recipe.model = "small";
  recipe.epochs = 6;
  recipe.batch = 40;
  recipe.norm = NormUse::fold;
  recipe.norm_images = 90;
  recipe.dropout = {0.1};
  recipe.crop = 2;
  return recipe;
}

inline TrainingJob small_job(const std::filesystem::path& out, const ImageSet& images) {
  return {.recipe = small_recipe(),
          .architecture = small_architecture(),
          .out = out,
          .train = images,
          .test = &images,
          .device = Device::fastest()};
}

}  // namespace weir
