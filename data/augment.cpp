#include "data/augment.h"

#include <array>
#include <numeric>
#include <utility>

namespace weir {
namespace {

/// How one image is shown in one epoch.
struct View {
  bool mirrored = false;
  Index down = 0, right = 0;  // where the window begins, relative to the image: -crop .. crop
};

View view_of(Index image, const AugmentOptions& options, Index epoch) {
  const auto count = static_cast<std::uint64_t>(image);
  const auto words = random_words(options.rng.split(static_cast<std::uint64_t>(epoch) + 1), count);
  const auto window = static_cast<std::uint64_t>(2 * options.crop + 1);
  const auto offset = [&](std::uint32_t word) {
    return static_cast<Index>(std::uint64_t{word} * window >> 32) - options.crop;
  };
  View view{.down = offset(words[0]), .right = offset(words[1])};
  if (options.flip == Flip::random) view.mirrored = words[2] & 1;
  if (options.flip == Flip::alternating) {
    const bool first = random_words(options.rng.split(0), count)[0] & 1;
    view.mirrored = first != (epoch % 2 == 1);
  }
  return view;
}

/// Mirrors a position outside 0 .. 31 back inside, without repeating the edge: -1 is 1, 32 is 30.
Index reflected(Index position) {
  if (position < 0) return -position;
  return position < image_side ? position : 2 * (image_side - 1) - position;
}

void show(std::span<const std::uint8_t> image, const View& view, float* out) {
  std::array<std::size_t, image_side> columns;
  for (Index c = 0; c < image_side; ++c) {
    const Index seen = view.mirrored ? image_side - 1 - c : c;
    columns[static_cast<std::size_t>(c)] = static_cast<std::size_t>(reflected(seen + view.right));
  }
  for (Index channel = 0; channel < image_channels; ++channel)
    for (Index r = 0; r < image_side; ++r) {
      const std::uint8_t* from = image.data() + (channel * image_side + reflected(r + view.down)) * image_side;
      for (const std::size_t column : columns) *out++ = to_data_units(from[column]);
    }
}

}  // namespace

void fill_batch(const ImageSet& images, std::span<const Index> rows, const AugmentOptions& options, Index epoch,
                float* out) {
  expects(options.crop >= 0 && options.crop < image_side, "a crop is 0 to {} pixels, found {}", image_side - 1,
          options.crop);
  for (const Index row : rows) {
    show(images.image(row), view_of(row, options, epoch), out);
    out += image_volume;
  }
}

std::vector<Index> epoch_order(Index count, const Rng& rng, Index epoch) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  const Rng stream = rng.split(static_cast<std::uint64_t>(epoch));
  for (std::size_t last = order.size(); last > 1; --last)
    std::swap(order[last - 1], order[random_below(stream, last, last)]);
  return order;
}

}  // namespace weir
