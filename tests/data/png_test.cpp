/// Pictures survive the trip through PNG, and no file can make the reader believe what is not there.
#include "data/png.h"

#include <cstring>
#include <functional>
#include <gtest/gtest.h>

#include "data/deflate.h"
#include "data/png_sheet.h"
#include "tensor/random.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// CRC-32 bit by bit, by its definition.
std::uint32_t checksum_of(std::string_view bytes) {
  std::uint32_t value = 0xffffffff;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
  }
  return ~value;
}

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<std::uint32_t>(data.size())) + type + data +
         big_endian(checksum_of(type + data));
}

struct Header {
  std::uint32_t width = 2, height = 2;
  char depth = 8, colour = 2, compression = 0, filter = 0, interlace = 0;
};

std::string header_chunk(const Header& header) {
  return chunk("IHDR", big_endian(header.width) + big_endian(header.height) + header.depth + header.colour +
                           header.compression + header.filter + header.interlace);
}

const std::string signature("\x89PNG\r\n\x1a\n", 8);

std::string zlib(const std::string& bytes) {
  const auto compressed = zlib_compressed(std::as_bytes(std::span(bytes)));
  return {reinterpret_cast<const char*>(compressed.data()), compressed.size()};
}

/// A PNG assembled by the book: a header, rows with their filter bytes, an end.
std::string assembled(const Header& header, const std::string& rows) {
  return signature + header_chunk(header) + chunk("IDAT", zlib(rows)) + chunk("IEND", "");
}

const std::string two_rows("\0abcdef\0ghijkl", 14);

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<std::uint8_t> noise(Index count, std::uint64_t seed) {
  std::vector<std::uint8_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::uint8_t>(random_below({seed}, i, 256));
  return values;
}

TEST(Png, ComesBackPixelByPixel) {
  for (const Index width : {1, 2, 31, 33, 800})
    for (const Index height : {1, 2, 37}) {
      RgbPicture picture = {width, height, noise(width * height * 3, 1)};
      // A ramp, a flat part and noise: every filter gets chosen.
      for (std::size_t i = 0; i < picture.pixels.size() / 2; ++i)
        picture.pixels[i] = static_cast<std::uint8_t>(i / 7);
      std::fill_n(picture.pixels.begin(), picture.pixels.size() / 4, std::uint8_t{9});
      const RgbPicture read = decode_png("x", encode_png(picture));
      EXPECT_EQ(read.width, width);
      EXPECT_EQ(read.height, height);
      EXPECT_TRUE(read.pixels == picture.pixels) << width << " x " << height;
    }
}

TEST(Png, UndoesEveryFilter) {
  // Rows of two pixels, by hand: the same picture under each filter of the format. Above is the row (10, 20,
  // 30, 40, 50, 60).
  const std::string above("\0\x0a\x14\x1e\x28\x32\x3c", 7);
  const std::vector<std::uint8_t> row = {100, 110, 120, 90, 80, 70};
  const std::vector<std::vector<int>> filtered = {
      {100, 110, 120, 90, 80, 70},                           // none
      {100, 110, 120, 90 - 100, 80 - 110, 70 - 120},         // the pixel to the left
      {100 - 10, 110 - 20, 120 - 30, 90 - 40, 80 - 50, 10},  // the pixel above
      {100 - 5, 110 - 10, 120 - 15, 90 - 70, 80 - 80, -20},  // their mean, rounded down
      {100 - 10, 110 - 20, 120 - 30, 90 - 100, 80 - 110,
       70 - 120},  // Paeth: above at the edge, then the left is nearest
  };
  for (std::size_t filter = 0; filter < filtered.size(); ++filter) {
    std::string rows = above + static_cast<char>(filter);
    for (const int value : filtered[filter]) rows += static_cast<char>(value);
    const RgbPicture picture = decode_png("x", bytes_of(assembled({}, rows)));
    EXPECT_EQ(std::vector<std::uint8_t>(picture.pixels.begin() + 6, picture.pixels.end()), row)
        << "filter " << filter;
  }
}

TEST(Png, PaethPrefersLeftThenAboveThenCorner) {
  // One column of each outcome. First rows: corner and above; the pixel left of the second is 10.
  const auto second_pixel = [](char corner, char above) {
    std::string rows("\0", 1);
    rows += std::string(3, corner) + std::string(3, above);
    rows += '\4';
    rows += std::string(3, static_cast<char>(10 - corner)) +
            std::string(3, '\0');  // Paeth of (0, corner, 0) is above
    return decode_png("x", bytes_of(assembled({}, rows))).pixels[9];
  };
  EXPECT_EQ(second_pixel(10, 10), 10);
  EXPECT_EQ(second_pixel(10, 40), 40);  // estimate 40: above
  EXPECT_EQ(second_pixel(40, 40), 10);  // estimate 10: left
  EXPECT_EQ(second_pixel(20, 30), 20);  // estimate 20: the corner itself
  EXPECT_EQ(second_pixel(0, 0), 10);    // estimate 10: left
  EXPECT_EQ(second_pixel(20, 40), 40);  // estimate 30, as near to above as to the corner
  EXPECT_EQ(second_pixel(30, 40), 10);  // estimate 20, as near to the left as to the corner
}

TEST(Png, ReadsOpaqueAlphaAndSkipsWhatItMay) {
  const std::string rows("\0abc\xff", 5);
  const Header rgba = {.width = 1, .height = 1, .colour = 6};
  const std::string data = zlib(rows);
  const std::string bytes = signature + header_chunk(rgba) + chunk("tEXt", "a note") +
                            chunk("IDAT", data.substr(0, 5)) + chunk("IDAT", data.substr(5)) +
                            chunk("tIME", "") + chunk("IEND", "");
  EXPECT_EQ(decode_png("x", bytes_of(bytes)).pixels, (std::vector<std::uint8_t>{'a', 'b', 'c'}));
}

struct Malformed {
  const char* name;
  std::string bytes;
  const char* code;
  const char* message;
};

std::vector<Malformed> malformed_files() {
  const std::string end = chunk("IEND", "");
  const std::string good = assembled({}, two_rows);
  std::string flipped = good;
  flipped[45] = static_cast<char>(flipped[45] ^ 1);
  return {
      {"Empty", "", "E0405", "`w` does not start as a PNG does"},
      {"Jpeg", "\xff\xd8\xff\xe0", "E0405", "`w` does not start as a PNG does"},
      {"NoHeader", signature + end, "E0405",
       "`w` is a PNG that does not start with an IHDR chunk of 13 bytes"},
      {"ShortHeader", signature + chunk("IHDR", "abc"), "E0405",
       "`w` is a PNG that does not start with an IHDR chunk of 13"},
      {"Bits16", signature + header_chunk({.depth = 16}), "E0404",
       "`w` is a 16-bit PNG, expected an 8-bit RGB or RGBA PNG"},
      {"Bits1", signature + header_chunk({.depth = 1, .colour = 0}), "E0404", "`w` is a 1-bit PNG, expected"},
      {"Palette", signature + header_chunk({.colour = 3}), "E0404", "`w` is a PNG with a palette, expected"},
      {"Grey", signature + header_chunk({.colour = 0}), "E0404", "`w` is a grey PNG, expected"},
      {"GreyWithAlpha", signature + header_chunk({.colour = 4}), "E0404", "`w` is a grey PNG, expected"},
      {"UnknownColour", signature + header_chunk({.colour = 5}), "E0405",
       "`w` is a PNG of unknown colour type 5"},
      {"UnknownCompression", signature + header_chunk({.compression = 1}), "E0405",
       "`w` is a PNG with an unknown compression or filter method"},
      {"Interlaced", signature + header_chunk({.interlace = 1}), "E0404",
       "`w` is an interlaced PNG, expected"},
      {"Bomb", signature + header_chunk({.width = 1000000, .height = 1000000}), "E0405",
       "`w` is a PNG of 1,000,000 x 1,000,000 pixels, expected 1 to 16,777,216 in all"},
      {"LargestSizes", signature + header_chunk({.width = 0xffffffff, .height = 0xffffffff}), "E0405",
       "`w` is a PNG of 4,294,967,295 x 4,294,967,295 pixels"},
      {"NoWidth", signature + header_chunk({.width = 0}), "E0405", "`w` is a PNG of 0 x 2 pixels"},
      {"NoHeight", signature + header_chunk({.height = 0}), "E0405", "`w` is a PNG of 2 x 0 pixels"},
      {"NoData", signature + header_chunk({}) + end, "E0405",
       "`w` is a damaged PNG: its data do not inflate to the 14 bytes"},
      {"EmptyData", signature + header_chunk({}) + chunk("IDAT", "") + end, "E0405",
       "`w` is a PNG with an empty IDAT chunk"},
      {"NotZlib", signature + header_chunk({}) + chunk("IDAT", "nonsense") + end, "E0405",
       "`w` is a damaged PNG: its data"},
      {"TooFewRows", assembled({}, two_rows.substr(0, 7)), "E0405",
       "`w` is a damaged PNG: its data do not inflate to the 14"},
      {"TooManyRows", assembled({}, two_rows + two_rows), "E0405",
       "`w` is a damaged PNG: its data do not inflate to the 14"},
      {"InflatesWithoutEnd", assembled({}, std::string(50'000'000, '\0')), "E0405",
       "`w` is a damaged PNG: its data"},
      {"UnknownFilter", assembled({}, "\5abcdef" + two_rows.substr(7)), "E0405",
       "`w` is a damaged PNG: unknown filter 5 in row 0"},
      {"Transparent", assembled({.width = 1, .height = 1, .colour = 6}, std::string("\0abc\xfe", 5)), "E0404",
       "`w` is a PNG with transparent pixels, expected"},
      {"WrongChecksum", flipped, "E0405",
       "`w` is a damaged PNG: wrong checksum of its chunk `IDAT` at byte 33"},
      {"NoEnd", signature + header_chunk({}) + chunk("IDAT", zlib(two_rows)), "E0405",
       "`w` is a PNG that ends at byte"},
      {"AfterTheEnd", good + "x", "E0405", "`w` has 1 bytes after its end as a PNG"},
      {"ChunkBeyondTheFile", signature + header_chunk({}) + "\x7f\xff\xff\xffIDAT    ", "E0405",
       "`w` is a PNG that ends at byte 45, inside the chunk at byte 33, which claims 2,147,483,647 bytes"},
      {"CriticalChunk", signature + header_chunk({}) + chunk("CgBI", "1234") + end, "E0405",
       "`w` is a PNG with a chunk `CgBI` that RGB images do not have"},
      {"SecondHeader", signature + header_chunk({}) + header_chunk({}) + end, "E0405",
       "`w` is a PNG with a chunk `IHDR`"},
  };
}

class MalformedPng : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedPng, IsRefusedWithItsOwnMessage) {
  const Diagnosis diagnosis = diagnosis_of([&] { decode_png("w", bytes_of(GetParam().bytes)); });
  EXPECT_EQ(diagnosis.kind, ErrorKind::damaged);
  EXPECT_EQ(diagnosis.code, GetParam().code);
  EXPECT_THAT(diagnosis.message, StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Table, MalformedPng, testing::ValuesIn(malformed_files()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Png, EveryTruncationAndEveryFlippedBitIsRefused) {
  const RgbPicture picture = {6, 5, noise(90, 3)};
  std::vector<std::byte> bytes = encode_png(picture);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_EQ(diagnosis_of([&] { decode_png("w", std::span(bytes).first(length)); }).kind, ErrorKind::damaged)
        << length;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const std::byte mask{static_cast<unsigned char>(1u << (bit % 8))};
    bytes[bit / 8] ^= mask;
    ASSERT_EQ(diagnosis_of([&] { decode_png("w", bytes); }).kind, ErrorKind::damaged) << bit;
    bytes[bit / 8] ^= mask;
  }
}

TEST(Png, RefusesToWriteAPictureWhoseSizesLie) {
  EXPECT_EQ(diagnosis_of([] { encode_png({2, 2, std::vector<std::uint8_t>(11)}); }).kind, ErrorKind::usage);
  EXPECT_EQ(diagnosis_of([] { encode_png({0, 2, {}}); }).kind, ErrorKind::usage);
}

TEST(PngSheet, KeepsEveryImageInItsPlace) {
  const std::vector<std::uint8_t> images = noise(7 * 3072, 5);
  for (const Index columns : {1, 3, 7, 9}) {
    const RgbPicture sheet = tiled(images, columns);
    EXPECT_EQ(sheet.width, 32 * columns);
    EXPECT_EQ(sheet.height, 32 * ((7 + columns - 1) / columns));
    EXPECT_EQ(untiled(sheet, 7), images);
    // Image 4, green, row 5, column 6, by the layout's definition.
    const auto x = static_cast<std::size_t>(4 % columns * 32 + 6),
               y = static_cast<std::size_t>(4 / columns * 32 + 5);
    EXPECT_EQ(sheet.pixels[(y * static_cast<std::size_t>(sheet.width) + x) * 3 + 1],
              images[4 * 3072 + 1024 + 5 * 32 + 6]);
  }
}

TEST(PngSheet, RefusesSheetsOfOtherSizes) {
  const TemporaryFolder folder;
  const auto file = [&](Index width, Index height) {
    const auto bytes = encode_png({width, height, noise(3 * width * height, 7)});
    return put(folder / "a.png", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(read_png_sheet(file(64, 32), 2).size(), 2u * 3072);
  EXPECT_THAT(diagnosis_of([&] { read_png_sheet(file(64, 32), 3); }),
              Says(ErrorKind::damaged, "E0405", "has 64 x 32 pixels, expected 3 tiles of 32 x 32"));
  EXPECT_THAT(diagnosis_of([&] { read_png_sheet(file(65, 64), 3); }),
              Says(ErrorKind::damaged, "E0405", "65 x 64"));
  EXPECT_EQ(read_image_png(file(32, 32)).size(), 3072u);
  EXPECT_THAT(diagnosis_of([&] { read_image_png(file(28, 28)); }),
              Says(ErrorKind::damaged, "E0405", "has 28 x 28 pixels, expected 32 x 32"));
  EXPECT_THAT(diagnosis_of([&] { read_image_png(folder / "none.png"); }),
              Says(ErrorKind::missing, "E0302", "none.png"));
}

}  // namespace
}  // namespace weir
