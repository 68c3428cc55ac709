/// Many 32 x 32 images as tiles of one PNG, row by row, and single images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/png.h"

namespace weir {

/// Lays images [N, 3, 32, 32] out as tiles, `columns` a row; the places that remain in the last row are
/// black.
RgbPicture tiled(std::span<const std::uint8_t> images, Index columns);

/// The first `count` tiles of a picture as images [count, 3, 32, 32]. The caller has checked that they are
/// there.
std::vector<std::uint8_t> untiled(const RgbPicture& picture, Index count);

/// Reads a sheet of at least `count` tiles; throws Error of kind damaged (E0405) where the picture has fewer.
std::vector<std::uint8_t> read_png_sheet(const std::filesystem::path& path, Index count);

/// Reads one image [3, 32, 32]; throws Error of kind damaged (E0405) where the picture has another size.
std::vector<std::uint8_t> read_image_png(const std::filesystem::path& path);

}  // namespace weir
