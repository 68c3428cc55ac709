#include "data/png_sheet.h"

#include <algorithm>
#include <fmt/format.h>

#include "data/cifar.h"
#include "tensor/check.h"

namespace weir {

namespace {

/// Calls use(planar position, interleaved position) for each byte of each of the first `count` tiles.
template <class Use>
void for_each_byte(Index count, Index columns, const Use& use) {
  for (Index image = 0; image < count; ++image)
    for (Index channel = 0; channel < image_channels; ++channel)
      for (Index row = 0; row < image_side; ++row)
        for (Index column = 0; column < image_side; ++column) {
          const Index planar = ((image * image_channels + channel) * image_side + row) * image_side + column;
          const Index y = image / columns * image_side + row, x = image % columns * image_side + column;
          use(static_cast<std::size_t>(planar),
              static_cast<std::size_t>((y * columns * image_side + x) * image_channels + channel));
        }
}

}  // namespace

RgbPicture tiled(std::span<const std::uint8_t> images, Index columns) {
  const Index count = static_cast<Index>(images.size()) / image_volume;
  expects(columns > 0 && count > 0, "a sheet of {} images in {} columns", count, columns);
  RgbPicture picture = {
      .width = columns * image_side, .height = (count + columns - 1) / columns * image_side, .pixels = {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * image_channels));
  for_each_byte(count, columns, [&](std::size_t planar, std::size_t interleaved) {
    picture.pixels[interleaved] = images[planar];
  });
  return picture;
}

std::vector<std::uint8_t> untiled(const RgbPicture& picture, Index count) {
  const Index columns = picture.width / image_side;
  ensures(picture.width % image_side == 0 && columns * (picture.height / image_side) >= count,
          "the tiles are there");
  std::vector<std::uint8_t> images(static_cast<std::size_t>(count * image_volume));
  for_each_byte(count, columns, [&](std::size_t planar, std::size_t interleaved) {
    images[planar] = picture.pixels[interleaved];
  });
  return images;
}

std::vector<std::uint8_t> read_png_sheet(const std::filesystem::path& path, Index count) {
  const RgbPicture picture = read_png(path);
  const Index tiles = picture.width / image_side * (picture.height / image_side);
  if (picture.width % image_side != 0 || picture.height % image_side != 0 || tiles < count)
    fail({.kind = ErrorKind::damaged,
          .code = "E0405",
          .message = fmt::format("`{}` has {} x {} pixels, expected {} tiles of 32 x 32", path.native(),
                                 picture.width, picture.height, count)});
  return untiled(picture, count);
}

std::vector<std::uint8_t> read_image_png(const std::filesystem::path& path) {
  const RgbPicture picture = read_png(path);
  if (picture.width != image_side || picture.height != image_side)
    fail({.kind = ErrorKind::damaged,
          .code = "E0405",
          .message = fmt::format("`{}` has {} x {} pixels, expected 32 x 32", path.native(), picture.width,
                                 picture.height)});
  return untiled(picture, 1);
}

}  // namespace weir
