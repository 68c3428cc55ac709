#include "data/augment.h"

#include <array>

#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {

namespace {

// Streams apart from each other and from what else a seed is used for: "flip", "crop".
constexpr std::uint64_t flip_stream = 0x666c6970, crop_stream = 0x63726f70;

/// Uniform in -reach to reach.
Index offset_from(std::uint32_t word, Index reach) {
  return static_cast<Index>(std::uint64_t{word} * static_cast<std::uint64_t>(2 * reach + 1) >> 32) - reach;
}

/// The pixel that stands at `position` when the picture is continued by reflection.
Index reflected(Index position) {
  if (position < 0) return -position;
  return position < image_side ? position : 2 * (image_side - 1) - position;
}

void write_image(std::span<const std::uint8_t> image, const ImageChange& change, float* out) {
  std::array<Index, image_side> columns;
  for (Index x = 0; x < image_side; ++x)
    columns[static_cast<std::size_t>(x)] =
        reflected((change.mirrored ? image_side - 1 - x : x) + change.right);
  for (Index channel = 0; channel < image_channels; ++channel)
    for (Index y = 0; y < image_side; ++y) {
      const std::uint8_t* row =
          image.data() + (channel * image_side + reflected(y + change.down)) * image_side;
      for (const Index column : columns) *out++ = to_data_units(row[column]);
    }
}

}  // namespace

ImageChange image_change(const AugmentOptions& options, Index epoch, Index row) {
  expects(options.crop_padding >= 0 && options.crop_padding < image_side, "crop padding {}, expected 0 to {}",
          options.crop_padding, image_side - 1);
  const auto image = static_cast<std::uint64_t>(row);
  const Rng crops = Rng{options.seed, crop_stream}.split(static_cast<std::uint64_t>(epoch));
  const auto words = random_words(crops, image);
  ImageChange change = {.row = row,
                        .down = offset_from(words[0], options.crop_padding),
                        .right = offset_from(words[1], options.crop_padding)};
  if (options.flip == Flip::random) change.mirrored = (words[2] & 1) != 0;
  if (options.flip == Flip::alternating)
    change.mirrored =
        ((random_words({options.seed, flip_stream}, image)[0] + static_cast<std::uint64_t>(epoch)) & 1) != 0;
  return change;
}

void fill_batch(const ImageSet& images, std::span<const Index> rows, const AugmentOptions& options,
                Index epoch, float* out) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    write_image(images.image(rows[i]), image_change(options, epoch, rows[i]), out + i * image_volume);
}

}  // namespace weir
