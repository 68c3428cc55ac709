#include "models/batches.h"

#include <gtest/gtest.h>
#include <set>

#include "data/augment.h"
#include "data/shuffle.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

TEST(BatchStream, GivesTheSameBatchWhateverWasTakenBefore) {
  const ImageSet images = small_images(100);
  const TrainingData data{.images = images};
  BatchStream in_order(data, small_recipe(), Device::reference()),
      at_once(data, small_recipe(), Device::reference());
  in_order.take(0, 0);
  in_order.take(0, 1);
  const Batch a = in_order.take(1, 0), b = at_once.take(1, 0);
  EXPECT_EQ(a.label_values, b.label_values);
  EXPECT_EQ(a.images.to_host(), b.images.to_host());
}

TEST(BatchStream, ShowsEachImageAtMostOnceAnEpoch) {
  const ImageSet images = small_images(100);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.flip = Flip::none;
  recipe.crop = 0;
  BatchStream stream(data, recipe, Device::reference());
  ASSERT_EQ(stream.count(), 2);
  std::set<std::vector<float>> seen;
  std::vector<float> first_of_epoch[2];
  for (Index epoch = 0; epoch < 2; ++epoch) {
    seen.clear();
    for (Index b = 0; b < 2; ++b) {
      const std::vector<float> pixels = stream.take(epoch, b).images.to_host();
      for (std::size_t n = 0; n < 40; ++n) {
        const auto begin = pixels.begin() + static_cast<std::ptrdiff_t>(n * image_volume);
        seen.insert({begin, begin + image_volume});
      }
      if (b == 0) first_of_epoch[epoch] = pixels;
    }
    EXPECT_EQ(seen.size(), 80u);
  }
  EXPECT_NE(first_of_epoch[0], first_of_epoch[1]) << "every epoch has an order of its own";
}

TEST(BatchStream, CarriesSoftLabelsWithTheirImages) {
  const ImageSet images = small_images(60);
  std::vector<float> soft(600, 0);
  for (std::size_t n = 0; n < 60; ++n) soft[n * 10 + static_cast<std::size_t>(images.labels[n])] = 1;
  const TrainingData data{.images = images, .soft_labels = soft};
  BatchStream stream(data, small_recipe(), Device::reference());
  const Batch batch = stream.take(0, 0);
  const std::vector<float> rows = batch.soft_labels.to_host();
  for (std::size_t n = 0; n < batch.label_values.size(); ++n)
    EXPECT_EQ(rows[n * 10 + static_cast<std::size_t>(batch.label_values[n])], 1);
}

TEST(BatchStream, RefusesAnEmptySet) {
  const ImageSet images = small_images(0);
  EXPECT_THROW(BatchStream({.images = images}, small_recipe(), Device::reference()), Error);
}

}  // namespace
}  // namespace weir
