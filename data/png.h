/// PNG pictures in memory and on disk: 8 bits a channel, RGB, as plain as the format allows.
/// Format: W3C Portable Network Graphics (Second Edition).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "tensor/shape.h"

namespace weir {

struct RgbPicture {
  Index width = 0;
  Index height = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, 3]
};

/// Decodes 8-bit RGB, or RGBA that is opaque everywhere, not interlaced, at most 2^24 pixels. Sizes are
/// believed only after they passed, and no more is decompressed than they say. `path` is only for messages.
/// Throws Error of kind damaged: E0404 a kind of PNG that Weir does not read, E0405 anything else.
RgbPicture decode_png(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// decode_png() of a file; throws Error of kind missing (E0302) where there is none.
RgbPicture read_png(const std::filesystem::path& path);

std::vector<std::byte> encode_png(const RgbPicture& picture);

}  // namespace weir
