/// Thousands of files that are nearly right: each is read, or refused as damaged, and nothing else ever
/// happens. Run under AddressSanitizer this is a small fuzzer; its cases are the same every time.
#include <gtest/gtest.h>
#include <string>

#include "data/npy.h"
#include "data/png.h"
#include "data/safetensors.h"
#include "tensor/random.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

/// Draws one after the other.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : rng_{seed} {}
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(random_below(rng_, drawn_++, bound));
  }

 private:
  Rng rng_;
  std::uint64_t drawn_ = 0;
};

/// One to four changes: a flipped bit, another byte, a piece removed, doubled, or put in from `words`.
std::string mutated(std::string bytes, const std::vector<std::string>& words, Dice& dice) {
  for (std::size_t changes = 1 + dice.below(4); changes-- > 0 && !bytes.empty();) {
    const std::size_t at = dice.below(bytes.size()), length = 1 + dice.below(8);
    switch (dice.below(5)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << dice.below(8));
        break;
      case 1:
        bytes[at] = static_cast<char>(dice.below(256));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.replace(at, dice.below(3), words[dice.below(words.size())]);
    }
  }
  return bytes;
}

/// How many of the cases were refused; any Error but "damaged", and any other exception, fails the test.
template <class Read>
int count_refused(int cases, const Read& read) {
  int refused = 0;
  for (int i = 0; i < cases; ++i) {
    try {
      read(static_cast<std::uint64_t>(i));
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnosis().kind, ErrorKind::damaged) << "case " << i << ": " << error.what();
      ++refused;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "case " << i << " ended with " << error.what();
    }
  }
  return refused;
}

TEST(MutatedFiles, SafetensorsAreReadOrRefused) {
  const std::string header =
      R"({"__metadata__":{"model":"x"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"F16","shape":[2,5],"data_offsets":[24,44]}})";
  const std::vector<std::string> words = {"[",
                                          "]",
                                          "{",
                                          "}",
                                          "\"",
                                          ",",
                                          ":",
                                          "0",
                                          "-",
                                          "1e9",
                                          "18446744073709551616",
                                          "null",
                                          "\\u0000",
                                          "\\",
                                          "F64",
                                          "BF16",
                                          "\"a\"",
                                          "\xff",
                                          "4611686018427387904"};
  const int cases = 20000;
  const int refused = count_refused(cases, [&](std::uint64_t seed) {
    Dice dice(seed);
    const std::string changed = mutated(header, words, dice);
    std::string bytes;
    for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(changed.size() >> (8 * i));
    bytes += changed + std::string(44, '\1');
    if (dice.below(4) == 0) bytes = mutated(bytes, words, dice);
    const SafetensorsFile file = parse_safetensors("w", std::as_bytes(std::span(bytes)));
    std::size_t size = 0;
    for (const StoredTensor& tensor : file.tensors) size += tensor.bytes.size();
    EXPECT_LE(size, 44u + 60) << changed;
  });
  EXPECT_GT(refused, cases / 2);
  EXPECT_LT(refused, cases) << "none was read: the changes are too coarse to test anything";
}

std::uint32_t checksum_of(std::string_view bytes) {
  std::uint32_t value = 0xffffffff;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
  }
  return ~value;
}

std::string big_endian(std::size_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

TEST(MutatedFiles, PngsAreReadOrRefused) {
  // Checksums are made right again, so that the changes reach the inflater and the filters.
  RgbPicture picture = {.width = 9, .height = 7, .pixels = std::vector<std::uint8_t>(9 * 7 * 3)};
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i * i / 5);
  const auto encoded = encode_png(picture);
  const std::string good(reinterpret_cast<const char*>(encoded.data()), encoded.size());
  const std::size_t header_at = 16, data_at = 41, data_length = good.size() - 12 - 4 - data_at;
  const std::vector<std::string> words = {std::string(4, '\0'), "\xff\xff\xff\xff", "\x78\x01", "\x05",
                                          "\x04"};
  const int cases = 20000;
  const int refused = count_refused(cases, [&](std::uint64_t seed) {
    Dice dice(seed);
    std::string header = good.substr(header_at, 13), data = good.substr(data_at, data_length);
    if (dice.below(4) == 0) header = mutated(header, words, dice);
    if (dice.below(4) != 0) data = mutated(data, words, dice);
    const auto chunk = [](const std::string& type, const std::string& contents) {
      return big_endian(contents.size()) + type + contents + big_endian(checksum_of(type + contents));
    };
    const std::string bytes =
        good.substr(0, 8) + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", "");
    const RgbPicture read = decode_png("w", std::as_bytes(std::span(bytes)));
    EXPECT_EQ(static_cast<Index>(read.pixels.size()), 3 * read.width * read.height);
  });
  EXPECT_GT(refused, cases / 3);
  EXPECT_LT(refused, cases);
}

TEST(MutatedFiles, NpyArraysAreReadOrRefused) {
  const TemporaryFolder folder;
  write_npy<float>(folder / "a.npy", {{2, 3}, {1, 2, 3, 4, 5, 6}});
  const std::string good = contents_of(folder / "a.npy");
  const std::vector<std::string> words = {"'",
                                          "(",
                                          ")",
                                          "{",
                                          "}",
                                          ",",
                                          ":",
                                          "-1",
                                          "99999999999999999999",
                                          "True",
                                          " ",
                                          "\n",
                                          "'shape'",
                                          "9223372036854775807"};
  const int cases = 20000;
  const int refused = count_refused(cases, [&](std::uint64_t seed) {
    Dice dice(seed);
    const NpyArray<float> read =
        parse_npy<float>("w", mutated(good.substr(0, 70), words, dice) + good.substr(70));
    Index volume = 1;
    for (const Index extent : read.shape) volume *= extent;
    EXPECT_EQ(static_cast<Index>(read.values.size()), volume);
  });
  EXPECT_GT(refused, cases / 3);
  EXPECT_LT(refused, cases);
}

}  // namespace
}  // namespace weir
