#include "data/png.h"

#include <fmt/format.h>

// Of stb_image only the inflater is used: its PNG reader believes the file's sizes, and an image of a few
// bytes may inflate without limit. No other format is compiled in.
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#define STBI_WRITE_NO_STDIO
#define STBIW_ZLIB_COMPRESS compress_for_stb  // its own uses one fixed code: 27 % more bytes on our sheets
static unsigned char* compress_for_stb(unsigned char* data, int length, int* compressed_length, int quality);
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stb_image_write.h>
#include <string>
#include <string_view>

#include "data/deflate.h"
#include "data/hash.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

/// The result belongs to stb_image_write, which frees it with free().
static unsigned char* compress_for_stb(unsigned char* data, int length, int* compressed_length, int) {
  const auto bytes = weir::zlib_compressed(std::as_bytes(std::span(data, static_cast<std::size_t>(length))));
  auto* copy = static_cast<unsigned char*>(std::malloc(bytes.size()));
  if (copy != nullptr) std::memcpy(copy, bytes.data(), bytes.size());
  *compressed_length = static_cast<int>(bytes.size());
  return copy;
}

namespace weir {

namespace fs = std::filesystem;

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view signature("\x89PNG\r\n\x1a\n", 8);
constexpr Index pixel_limit = Index{1} << 24;
constexpr std::size_t chunk_frame = 12;  // length, type and checksum around a chunk's data

[[noreturn]] void fail_damaged(const fs::path& path, const std::string& found) {
  fail(
      {.kind = ErrorKind::damaged, .code = "E0405", .message = fmt::format("`{}` {}", path.native(), found)});
}

[[noreturn]] void fail_unsupported(const fs::path& path, const std::string& found) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0404",
        .message = fmt::format("`{}` is {}, expected an 8-bit RGB or RGBA PNG, not interlaced", path.native(),
                               found),
        .note = "not decoded"});
}

std::uint32_t big_endian(Bytes bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(4)) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

struct Chunk {
  std::string_view type;
  Bytes data;
};

/// The chunk at the start of `rest`, checked; moves `rest` behind it.
Chunk take_chunk(const fs::path& path, Bytes& rest, std::size_t file_size) {
  const std::size_t at = file_size - rest.size();
  if (rest.size() < chunk_frame)
    fail_damaged(
        path, fmt::format("is a PNG that ends at byte {}, without its last chunk", with_commas(file_size)));
  const std::size_t length = big_endian(rest);
  if (length > rest.size() - chunk_frame)
    fail_damaged(
        path, fmt::format("is a PNG that ends at byte {}, inside the chunk at byte {}, which claims {} bytes",
                          with_commas(file_size), with_commas(at), with_commas(length)));
  const Chunk chunk = {.type = {reinterpret_cast<const char*>(rest.data()) + 4, 4},
                       .data = rest.subspan(8, length)};
  if (crc32(rest.subspan(4, 4 + length)) != big_endian(rest.subspan(8 + length)))
    fail_damaged(path, fmt::format("is a damaged PNG: wrong checksum of its chunk {} at byte {}",
                                   printable(chunk.type), with_commas(at)));
  rest = rest.subspan(chunk_frame + length);
  return chunk;
}

struct Format {
  Index width = 0, height = 0;
  Index channels = 0;

  Index row_bytes() const { return width * channels; }
};

Format parse_format(const fs::path& path, const Chunk& chunk) {
  if (chunk.type != "IHDR" || chunk.data.size() != 13)
    fail_damaged(path, "is a PNG that does not start with an IHDR chunk of 13 bytes");
  const auto field = [&](std::size_t i) { return std::to_integer<int>(chunk.data[i]); };
  const Index width = big_endian(chunk.data), height = big_endian(chunk.data.subspan(4));
  const int depth = field(8), colour = field(9), interlace = field(12);
  if (depth != 8) fail_unsupported(path, fmt::format("a {}-bit PNG", depth));
  if (colour == 3) fail_unsupported(path, "a PNG with a palette");
  if (colour == 0 || colour == 4) fail_unsupported(path, "a grey PNG");
  if (colour != 2 && colour != 6)
    fail_damaged(path, fmt::format("is a PNG of unknown colour type {}", colour));
  if (field(10) != 0 || field(11) != 0)
    fail_damaged(path, "is a PNG with an unknown compression or filter method");
  if (interlace != 0) fail_unsupported(path, "an interlaced PNG");
  // Divided, not multiplied: the product of two 32-bit sizes is no danger in 64 bits, but of a third factor
  // it is.
  if (width == 0 || height == 0 || width > pixel_limit / height)
    fail_damaged(path, fmt::format("is a PNG of {} x {} pixels, expected 1 to {} in all", with_commas(width),
                                   with_commas(height), with_commas(pixel_limit)));
  return {.width = width, .height = height, .channels = colour == 2 ? 3 : 4};
}

/// All IDAT data; other chunks that PNG allows a reader to skip are skipped.
std::vector<char> compressed_data(const fs::path& path, Bytes rest, std::size_t file_size) {
  std::vector<char> data;
  while (true) {
    const Chunk chunk = take_chunk(path, rest, file_size);
    if (chunk.type == "IEND") break;
    if (chunk.type == "IDAT") {
      if (chunk.data.empty()) fail_damaged(path, "is a PNG with an empty IDAT chunk");
      const auto* first = reinterpret_cast<const char*>(chunk.data.data());
      data.insert(data.end(), first, first + chunk.data.size());
    } else if (chunk.type[0] >= 'A' && chunk.type[0] <= 'Z') {
      fail_damaged(
          path, fmt::format("is a PNG with a chunk {} that RGB images do not have", printable(chunk.type)));
    }
  }
  if (!rest.empty())
    fail_damaged(path, fmt::format("has {} bytes after its end as a PNG", with_commas(rest.size())));
  return data;
}

/// The rows with their filter bytes, [height, 1 + row_bytes].
std::vector<std::uint8_t> inflated(const fs::path& path, const Format& format,
                                   const std::vector<char>& data) {
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(format.height * (1 + format.row_bytes())));
  const int count =
      stbi_zlib_decode_buffer(reinterpret_cast<char*>(rows.data()), static_cast<int>(rows.size()),
                              data.data(), static_cast<int>(data.size()));
  if (count != static_cast<int>(rows.size()))
    fail_damaged(path,
                 fmt::format("is a damaged PNG: its data do not inflate to the {} bytes of {} x {} pixels",
                             with_commas(rows.size()), format.width, format.height));
  return rows;
}

int paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int by_left = std::abs(estimate - left), by_above = std::abs(estimate - above);
  const int by_corner = std::abs(estimate - corner);
  if (by_left <= by_above && by_left <= by_corner) return left;
  return by_above <= by_corner ? above : corner;
}

/// Undoes the filter of one row in place; `above` is the finished row over it, zeros for the first.
bool unfilter_row(int filter, std::span<std::uint8_t> row, std::span<const std::uint8_t> above,
                  std::size_t channels) {
  if (filter > 4) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const int left = i < channels ? 0 : row[i - channels], over = above[i];
    const int corner = i < channels ? 0 : above[i - channels];
    const int predicted = filter == 0   ? 0
                          : filter == 1 ? left
                          : filter == 2 ? over
                          : filter == 3 ? (left + over) / 2
                                        : paeth(left, over, corner);
    row[i] = static_cast<std::uint8_t>(row[i] + predicted);
  }
  return true;
}

RgbPicture unfiltered(const fs::path& path, const Format& format, std::span<std::uint8_t> rows) {
  const auto row_bytes = static_cast<std::size_t>(format.row_bytes());
  const auto channels = static_cast<std::size_t>(format.channels);
  RgbPicture picture = {.width = format.width, .height = format.height, .pixels = {}};
  picture.pixels.reserve(static_cast<std::size_t>(format.width * format.height * 3));
  const std::vector<std::uint8_t> zeros(row_bytes);
  std::span<const std::uint8_t> above = zeros;
  for (std::size_t start = 0; start < rows.size(); start += 1 + row_bytes) {
    const std::span<std::uint8_t> row = rows.subspan(start + 1, row_bytes);
    if (!unfilter_row(rows[start], row, above, channels))
      fail_damaged(path, fmt::format("is a damaged PNG: unknown filter {} in row {}", rows[start],
                                     start / (1 + row_bytes)));
    for (std::size_t i = 0; i < row_bytes; i += channels) {
      picture.pixels.insert(picture.pixels.end(), &row[i], &row[i] + 3);
      if (channels == 4 && row[i + 3] != 255) fail_unsupported(path, "a PNG with transparent pixels");
    }
    above = row;
  }
  return picture;
}

}  // namespace

RgbPicture decode_png(const fs::path& path, Bytes bytes) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), signature.size()));
  if (start != signature) fail_damaged(path, "does not start as a PNG does");
  Bytes rest = bytes.subspan(signature.size());
  const Format format = parse_format(path, take_chunk(path, rest, bytes.size()));
  std::vector<std::uint8_t> rows = inflated(path, format, compressed_data(path, rest, bytes.size()));
  return unfiltered(path, format, rows);
}

RgbPicture read_png(const fs::path& path) { return decode_png(path, read_file(path)); }

std::vector<std::byte> encode_png(const RgbPicture& picture) {
  expects(picture.width > 0 && picture.height > 0 && picture.width <= pixel_limit / picture.height &&
              static_cast<Index>(picture.pixels.size()) == 3 * picture.width * picture.height,
          "picture of {} x {} pixels has {} bytes", picture.width, picture.height, picture.pixels.size());
  int length = 0;
  const std::unique_ptr<unsigned char, decltype(&std::free)> data(
      stbi_write_png_to_mem(picture.pixels.data(), static_cast<int>(3 * picture.width),
                            static_cast<int>(picture.width), static_cast<int>(picture.height), 3, &length),
      &std::free);
  if (data == nullptr)
    fail({.kind = ErrorKind::resource,
          .code = "E0610",
          .message = fmt::format("not enough memory to encode a PNG of {} x {} pixels", picture.width,
                                 picture.height)});
  const auto* first = reinterpret_cast<const std::byte*>(data.get());
  return {first, first + length};
}

}  // namespace weir
