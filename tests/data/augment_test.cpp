/// Augmentation is a pure function of (seed, epoch, image), against a plain reading of its definition.
#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numeric>

#include "data/device_images.h"
#include "tests/data/temporary_folder.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

/// Images in which every pixel of a channel is different up to the modulus, and no row or column mirrors
/// another.
ImageSet made_images(Index count) {
  ImageSet images;
  for (Index i = 0; i < count * image_volume; ++i)
    images.pixels.push_back(static_cast<std::uint8_t>((i * 7 + i / 32 * 13 + i / 1024 * 101) % 251));
  images.labels.assign(static_cast<std::size_t>(count), 0);
  images.original_indices.resize(static_cast<std::size_t>(count));
  return images;
}

std::vector<Index> all_rows(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

std::vector<float> filled(const ImageSet& images, const AugmentOptions& options, Index epoch) {
  std::vector<float> out(images.pixels.size());
  fill_batch(images, all_rows(images.count()), options, epoch, out.data());
  return out;
}

/// Where the window of an output image stands in its source, found by trying every one: (down, right,
/// mirrored).
struct Found {
  Index down = 99, right = 99;
  bool mirrored = false;
  auto operator<=>(const Found&) const = default;
};

int outside_folded(int position) {
  return position < 0 ? -position : position > 31 ? 62 - position : position;
}

Found find_change(std::span<const std::uint8_t> image, std::span<const float> out, Index padding) {
  Found found;
  int matches = 0;
  for (const bool mirrored : {false, true})
    for (Index down = -padding; down <= padding; ++down)
      for (Index right = -padding; right <= padding; ++right) {
        bool same = true;
        for (int c = 0; c < 3 && same; ++c)
          for (int y = 0; y < 32 && same; ++y)
            for (int x = 0; x < 32 && same; ++x) {
              const int from_y = outside_folded(y + static_cast<int>(down));
              const int from_x = outside_folded((mirrored ? 31 - x : x) + static_cast<int>(right));
              const auto pixel = image[static_cast<std::size_t>(c * 1024 + from_y * 32 + from_x)];
              same = out[static_cast<std::size_t>(c * 1024 + y * 32 + x)] ==
                     static_cast<float>(pixel) / 127.5f - 1;
            }
        if (same) {
          found = {down, right, mirrored};
          ++matches;
        }
      }
  EXPECT_GE(matches, 1);
  EXPECT_TRUE(matches == 1 || padding > 4);  // far shifts can look like a mirror
  return found;
}

std::vector<Found> changes(const ImageSet& images, const AugmentOptions& options, Index epoch) {
  const std::vector<float> out = filled(images, options, epoch);
  std::vector<Found> result;
  for (Index i = 0; i < images.count(); ++i)
    result.push_back(find_change(
        images.image(i), std::span(out).subspan(static_cast<std::size_t>(i * image_volume), image_volume),
        options.crop_padding));
  return result;
}

TEST(Augment, WithoutFlipAndCropOnlyConverts) {
  const ImageSet images = made_images(3);
  EXPECT_EQ(filled(images, no_augmentation, 5), to_floats(images.pixels));
}

TEST(Augment, CutsWindowsEvenlyOutOfTheReflectedImage) {
  const ImageSet images = made_images(400);
  std::map<Index, int> downs, rights;
  for (const Found& change : changes(images, {.flip = Flip::none, .crop_padding = 2}, 0)) {
    ++downs[change.down];
    ++rights[change.right];
    EXPECT_FALSE(change.mirrored);
  }
  for (const auto& counts : {downs, rights}) {
    EXPECT_EQ(counts.size(), 5u);
    for (const auto& [offset, count] : counts)
      EXPECT_NEAR(count, 80, 4.5 * 8) << offset;  // sd sqrt(400 * 0.2 * 0.8)
  }
}

TEST(Augment, ReflectsUpToTheWholeImage) {
  const ImageSet images = made_images(2);
  for (const Found& change : changes(images, {.flip = Flip::none, .crop_padding = 31}, 0))
    EXPECT_NE(change, Found{});
  std::vector<float> out(2 * image_volume);
  for (const Index wrong : {-1, 32})
    EXPECT_EQ(
        diagnosis_of([&] { fill_batch(images, all_rows(2), {.crop_padding = wrong}, 0, out.data()); }).kind,
        ErrorKind::usage);
}

TEST(Augment, AlternatingFlipShowsBothOrientationsInTurn) {
  const ImageSet images = made_images(200);
  const AugmentOptions options = {.flip = Flip::alternating, .crop_padding = 0};
  const auto first = changes(images, options, 0), second = changes(images, options, 1),
             third = changes(images, options, 2);
  int mirrored = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_NE(first[i].mirrored, second[i].mirrored);
    EXPECT_EQ(first[i].mirrored, third[i].mirrored);
    mirrored += first[i].mirrored ? 1 : 0;
  }
  EXPECT_NEAR(mirrored, 100, 4.5 * 7.1);  // the first orientation is a coin
}

TEST(Augment, RandomFlipIsACoinForEachEpoch) {
  const ImageSet images = made_images(200);
  const AugmentOptions options = {.flip = Flip::random, .crop_padding = 0};
  const auto first = changes(images, options, 0), second = changes(images, options, 1);
  int mirrored = 0, same = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    mirrored += first[i].mirrored ? 1 : 0;
    same += first[i].mirrored == second[i].mirrored ? 1 : 0;
  }
  EXPECT_NEAR(mirrored, 100, 4.5 * 7.1);
  EXPECT_NEAR(same, 100, 4.5 * 7.1);
}

TEST(Augment, DependsOnSeedAndEpochAndOnNothingElse) {
  const ImageSet images = made_images(20);
  const AugmentOptions options = {.seed = 7};
  const std::vector<float> together = filled(images, options, 3);
  EXPECT_EQ(filled(images, options, 3), together);
  EXPECT_NE(filled(images, options, 5), together);  // the same orientation, other windows
  EXPECT_NE(filled(images, {.seed = 8}, 3), together);
  const std::vector<Index> shuffled_rows = {19, 4, 4, 0};
  std::vector<float> out(4 * image_volume);
  fill_batch(images, shuffled_rows, options, 3, out.data());
  for (std::size_t i = 0; i < shuffled_rows.size(); ++i)
    EXPECT_TRUE(std::equal(out.begin() + static_cast<Index>(i) * image_volume,
                           out.begin() + static_cast<Index>(i + 1) * image_volume,
                           together.begin() + shuffled_rows[i] * image_volume));
}

class DeviceImagesOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, DeviceImagesOn, testing::ValuesIn(device_names()), device_test_name);

TEST_P(DeviceImagesOn, GiveTheBitsOfTheHost) {
  const ImageSet images = made_images(7);
  const DeviceImages there(images, device());
  const std::vector<Index> rows = {6, 0, 3, 3, 1};
  for (const AugmentOptions& options : {no_augmentation, AugmentOptions{},
                                        AugmentOptions{.flip = Flip::random, .crop_padding = 31, .seed = 7}})
    for (const Index epoch : {0, 1, 5}) {
      std::vector<float> expected(rows.size() * static_cast<std::size_t>(image_volume));
      fill_batch(images, rows, options, epoch, expected.data());
      EXPECT_EQ(there.batch(rows, options, epoch).to_host(), expected) << "epoch " << epoch;
    }
}

}  // namespace
}  // namespace weir
