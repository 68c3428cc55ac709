/// Compressed files come back whole, whoever wrote them, and a damaged one is never believed.
#include "data/gzip.h"

#include <gtest/gtest.h>
#include <string>

#include "data/hash.h"
#include "data/read_file.h"
#include "data/safetensors.h"
#include "tensor/random.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string unpacked(const std::string& file) { return text_of(gunzipped("w.gz", bytes_of(file))); }
std::string packed(const std::string& text) { return text_of(gzipped(bytes_of(text))); }

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

/// Bytes of which small ones are frequent, as in the exponents of weights.
std::string weight_like(Index count) {
  std::string text;
  for (Index i = 0; i < count; ++i)
    text += static_cast<char>(random_below({1}, i, 1 + random_below({2}, i, 256)));
  return text;
}

/// "weir" as one stored block, by the book: header, fields, block, checksum, length.
std::string stored_member(char flags, const std::string& fields) {
  const std::string header("\x1f\x8b\x08", 3), rest_of_header("\1\2\3\4\0\3", 6);
  return header + flags + rest_of_header + fields + std::string("\1\4\0\xfb\xff", 5) + "weir" +
         little_endian(crc32(bytes_of("weir"))) + little_endian(4);
}

TEST(Crc32, IsTheOneThatItsCatalogueChecks) { EXPECT_EQ(crc32(bytes_of("123456789")), 0xcbf43926u); }

TEST(Gzip, ComesBackAsItWasWritten) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(100'000, 'a'), weight_like(50'000)})
    EXPECT_EQ(unpacked(packed(text)), text) << text.size();
}

TEST(Gzip, AnEmptyStoredBlockIsEmpty) {
  const std::string header("\x1f\x8b\x08\0\0\0\0\0\0\3", 10), block("\1\0\0\xff\xff", 5);
  EXPECT_EQ(unpacked(header + block + std::string(8, '\0')), "");
}

TEST(Gzip, ASafetensorsFileWithTheSameFirstBytesIsNone) {
  for (const std::size_t length : {0x8b1fu, 0x88b1fu}) {  // the second has gzip's method, too
    const TemporaryFolder folder;
    std::string header = R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    header.resize(length, ' ');
    std::string file;
    for (int i = 0; i < 8; ++i) file += static_cast<char>(std::uint64_t{length} >> (8 * i));
    put(folder / "w.safetensors", file + header + std::string("\0\0\x80\x3f", 4));
    EXPECT_EQ(read_safetensors(folder / "w.safetensors").find("t")->floats(), std::vector<float>{1});
  }
}

TEST(Gzip, IsSmaller) { EXPECT_LT(packed(weight_like(50'000)).size(), 47'000u); }

TEST(Gzip, ReadsEveryFieldThatAHeaderMayHave) {
  const std::string extra("\3\0abc", 5), name("w.safetensors\0", 14), comment("by hand\0", 8),
      checksum("\1\2", 2);
  EXPECT_EQ(unpacked(stored_member(0, "")), "weir");
  EXPECT_EQ(unpacked(stored_member(1, "")), "weir");
  EXPECT_EQ(unpacked(stored_member(2, checksum)), "weir");
  EXPECT_EQ(unpacked(stored_member(4, extra)), "weir");
  EXPECT_EQ(unpacked(stored_member(8, name)), "weir");
  EXPECT_EQ(unpacked(stored_member(16, comment)), "weir");
  EXPECT_EQ(unpacked(stored_member(31, extra + name + comment + checksum)), "weir");
}

TEST(Gzip, KnowsItsOwn) {
  EXPECT_TRUE(is_gzip(bytes_of("\x1f\x8b")));
  EXPECT_FALSE(is_gzip(bytes_of("\x1f")));
  EXPECT_FALSE(is_gzip(bytes_of("\x8b\x1f")));
  EXPECT_EQ(without_gz("a/w.safetensors.gz"), "a/w.safetensors");
  EXPECT_EQ(without_gz("a.gz/w.safetensors"), "a.gz/w.safetensors");
}

struct Damage {
  const char* name;
  std::string file;
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.name; }

std::vector<Damage> damages() {
  const std::string good = packed("weir and weir"), body = good.substr(0, good.size() - 8);
  const std::uint32_t sum = crc32(bytes_of("weir and weir"));
  std::string method = good, flag = good;
  method[2] = 7;
  flag[3] = 32;
  return {
      {"NoGzip", "safetensors", "`w.gz` does not start as a gzip file does"},
      {"HeaderCutOff", good.substr(0, 17), "`w.gz` is a gzip file that ends at byte 17, inside its header"},
      {"ExtraFieldCutOff", stored_member(4, "\xff\xff"), "inside its header"},
      {"NameWithoutEnd", good.substr(0, 3) + '\x08' + std::string(6, '\0') + "no end" + std::string(8, 'x'),
       "inside its header"},
      {"UnknownMethod", method, "`w.gz` is a gzip file with an unknown method or flag"},
      {"UnknownFlag", flag, "`w.gz` is a gzip file with an unknown method or flag"},
      {"LengthTooSmall", body + little_endian(sum) + little_endian(12), "does not inflate to the 12 bytes"},
      {"LengthTooLarge", body + little_endian(sum) + little_endian(14), "does not inflate to the 14 bytes"},
      {"LengthThatNothingInflatesTo", body + little_endian(sum) + little_endian(2'000'000'000),
       "claims to hold 2,000,000,000: no weights shrink so far"},
      {"LengthOverTheLimit", body + little_endian(sum) + little_endian(3'000'000'000), "the limit is 2 GiB"},
      {"WrongChecksum", body + little_endian(sum ^ 1) + little_endian(13), "wrong checksum"},
      {"TwoMembers", good + packed("another text"), "does not inflate to the 12 bytes"},
  };
}

class DamagedGzip : public testing::TestWithParam<Damage> {};
INSTANTIATE_TEST_SUITE_P(Table, DamagedGzip, testing::ValuesIn(damages()),
                         [](const auto& row) { return row.param.name; });

TEST_P(DamagedGzip, IsRefusedWithItsOwnMessage) {
  EXPECT_THAT(diagnosis_of([] { unpacked(GetParam().file); }),
              Says(ErrorKind::damaged, "E0420", GetParam().message));
}

TEST(Gzip, EveryTruncationIsRefused) {
  const std::string good = packed(weight_like(300));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(diagnosis_of([&] { unpacked(good.substr(0, size)); }).code, "E0420") << size;
}

TEST(Gzip, NoFlippedBitChangesWhatIsReadUnseen) {
  const std::string text = weight_like(300), good = packed(text);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string file = good;
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ 1 << bit % 8);
    try {
      EXPECT_EQ(unpacked(file), text) << bit;  // a time, the writer's system
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnosis().code, "E0420") << bit;
    }
  }
}

TEST(Gzip, WeightsAreWrittenAndReadCompressed) {
  const TemporaryFolder folder;
  const std::vector<float> values(1000, 0.5f);
  const SafetensorsFile file = {.tensors = {stored("conv1.bias", {1000}, values)},
                                .metadata = {{"model", "m"}}};
  write_safetensors(folder / "w.safetensors", file);
  write_safetensors(folder / "w.safetensors.gz", file);
  const auto plain = read_file(folder / "w.safetensors"), compressed = read_file(folder / "w.safetensors.gz");
  EXPECT_LT(compressed.size(), plain.size() / 4);
  EXPECT_EQ(gunzipped("w", compressed), plain);
  const SafetensorsFile read =
      read_safetensors(folder / "w.safetensors.gz", {.fingerprint = Fingerprint::required});
  EXPECT_EQ(read.metadata, file.metadata);
  EXPECT_EQ(read.find("conv1.bias")->floats(), values);
}

TEST(Gzip, TheNameOfAFileMayHideThatItIsCompressed) {
  const TemporaryFolder folder;
  const SafetensorsFile file = {.tensors = {stored("t", {1}, std::vector<float>{1})}};
  put(folder / "renamed.safetensors", text_of(gzipped(serialised_safetensors(file))));
  EXPECT_EQ(read_safetensors(folder / "renamed.safetensors").find("t")->floats(), std::vector<float>{1});
}

}  // namespace
}  // namespace weir
