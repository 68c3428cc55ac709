/// Weights come back as they were written; a damaged file is refused with a message of its own.
#include "data/safetensors.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "data/read_file.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What the format asks for, assembled without the writer: length, header, data.
std::string assembled(const std::string& header, const std::string& data = "") {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

SafetensorsFile small_file() {
  const std::vector<float> weight = {1, -2.5f, 3, 0, 1e-20f, 6}, bias = {0.5f, -0.5f};
  return {.tensors = {stored("conv1.bias", {2}, bias, StoredType::f16),
                      stored("conv1.weight", {2, 3}, weight), stored("empty", {0, 3}, {})},
          .metadata = {{"model", "good-init"}, {"note", "quotes \" and \\ and \xc3\xbc"}}};
}

bool same_tensors(const SafetensorsFile& a, const SafetensorsFile& b) {
  if (a.tensors.size() != b.tensors.size()) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].type != b.tensors[i].type || a.tensors[i].shape != b.tensors[i].shape ||
        a.tensors[i].bytes != b.tensors[i].bytes)
      return false;
  return true;
}

TEST(Safetensors, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const SafetensorsFile file = small_file();
  write_safetensors(folder / "w.safetensors", file);
  const SafetensorsFile read =
      read_safetensors(folder / "w.safetensors", {.fingerprint = Fingerprint::required});
  EXPECT_EQ(read.metadata, file.metadata);
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const StoredTensor& tensor : file.tensors) {
    const StoredTensor* found = read.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->type, tensor.type);
    EXPECT_EQ(found->shape, tensor.shape);
    EXPECT_EQ(found->bytes, tensor.bytes);
  }
  EXPECT_THAT(read.find("conv1.bias")->floats(), ElementsAre(0.5f, -0.5f));
  EXPECT_EQ(read.find("conv2.bias"), nullptr);
}

TEST(Safetensors, AlignsTheDataAndPutsLargeElementsFirst) {
  const std::vector<float> one = {1};
  const SafetensorsFile file = {.tensors = {stored("h", {1}, one, StoredType::f16),
                                            stored("d", {1}, one, StoredType::f64), stored("f", {1}, one)}};
  const std::vector<std::byte> bytes = serialised_safetensors(file);
  EXPECT_EQ((bytes.size() - 14) % 64, 0u);
  std::vector<std::string> names;
  for (const StoredTensor& tensor : parse_safetensors("x", bytes).tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("d", "f", "h"));
}

TEST(Safetensors, ReadsWhatOtherProgramsWrite) {
  // Spaces, any order of keys and of tensors, no metadata, bfloat16, a scalar: all within the format.
  const std::string header =
      R"({ "b" : {"shape": [], "data_offsets": [4, 6], "dtype": "BF16"}, "a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  )";
  const SafetensorsFile file =
      parse_safetensors("x", bytes_of(assembled(header, std::string("\0\0\x80\x3f\x80\x3f", 6))));
  EXPECT_THAT(file.find("a")->floats(), ElementsAre(1.0f));
  EXPECT_THAT(file.find("b")->floats(), ElementsAre(1.0f));
  EXPECT_THAT(file.find("b")->shape, ElementsAre());
  EXPECT_TRUE(parse_safetensors("x", bytes_of(assembled("{}"))).tensors.empty());
}

TEST(Safetensors, RefusesFilesWithoutFingerprintWhereOneIsRequired) {
  EXPECT_THAT(diagnosis_of([] {
                parse_safetensors("w.safetensors", bytes_of(assembled("{}")),
                                  {.fingerprint = Fingerprint::required});
              }),
              Says(ErrorKind::damaged, "E0417", "`w.safetensors` carries no fingerprint"));
}

struct Malformed {
  const char* name;
  std::string bytes;
  const char* code;
  const char* message;
};

std::string one_tensor(const std::string& shape, const std::string& offsets,
                       const std::string& type = "F32") {
  return R"({"t":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

std::string two_tensors(const std::string& first, const std::string& second) {
  return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + first +
         R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}";
}

std::vector<Malformed> malformed_files() {
  const std::string four(4, '\0'), eight(8, '\0');
  const std::string ok = one_tensor("[1]", "[0,4]");
  return {
      {"NothingAtAll", "", "E0411", "`w` has 0 bytes, a safetensors file starts with a length of 8"},
      {"SevenBytes", "1234567", "E0411", "`w` has 7 bytes, a safetensors file starts with a length of 8"},
      {"LengthAllOnes", std::string(8, '\xff'), "E0412",
       "header of `w` claims 18,446,744,073,709,551,615 bytes, the limit is 16 MiB"},
      {"LengthJustAboveTheLimit", std::string("\x01\0\0\x01\0\0\0\0{}", 10), "E0412",
       "header of `w` claims 16,777,217 bytes, the limit is 16 MiB"},
      {"LengthBeyondTheFile", std::string("\x03\0\0\0\0\0\0\0{}", 10), "E0411",
       "`w` ends at byte 10, inside the header, which ends at 11"},
      {"EmptyHeader", assembled(""), "E0413", "header of `w` does not start with an opening brace"},
      {"LeadingSpace", assembled(" {}"), "E0413", "header of `w` does not start with an opening brace"},
      {"AnArray", assembled("[]"), "E0413", "header of `w` does not start with an opening brace"},
      {"NotJson", assembled("{nonsense}"), "E0413", "header of `w` is not JSON in UTF-8: `o` at byte 2"},
      {"CutJson", assembled("{\"a\":"), "E0413", "header of `w` is not JSON in UTF-8: it ends at byte 5"},
      {"TwoValues", assembled("{}{}"), "E0413", "header of `w` is not JSON in UTF-8: `{` at byte 2"},
      {"BadUtf8", assembled("{\"\xff\":1}"), "E0413",
       "header of `w` is not JSON in UTF-8: `\\xff` at byte 2"},
      {"OverlongUtf8", assembled("{\"\xc0\x80\":1}"), "E0413",
       "header of `w` is not JSON in UTF-8: `\\xc0` at byte 2"},
      {"ZeroByteAfterTheJson", assembled(std::string("{}\0", 3)), "E0413",
       "header of `w` is not JSON: byte 0x00 at byte 2"},
      {"NumberOutOfRange", assembled("{\"a\":1e999}"), "E0413",
       "header of `w` holds a number that no integer type can hold"},
      {"DuplicateTensor", assembled("{\"a\":{},\"a\":{}}"), "E0414",
       "name `a` occurs twice in the header of `w`"},
      {"DuplicateKeyInside", assembled(R"({"a":{"dtype":"F32","dtype":"F64"}})"), "E0414",
       "name `dtype` occurs twice in the header of `w`"},
      {"DuplicateMetadata", assembled(R"({"__metadata__":{"k":"1","k":"2"}})"), "E0414",
       "name `k` occurs twice in the header of `w`"},
      {"DeeplyNested", assembled(R"({"a":{"shape":[[1]]}})"), "E0415", "header of `w` is nested too deeply"},
      {"DeepBomb", assembled("{\"a\":" + std::string(100000, '[')), "E0415",
       "header of `w` is nested too deeply"},
      {"TensorIsANumber", assembled("{\"t\":1}"), "E0415",
       "tensor `t` of `w` needs exactly `dtype`, `shape` and two `data_offsets`"},
      {"MissingShape", assembled(R"({"t":{"dtype":"F32","data_offsets":[0,4]}})", four), "E0415",
       "tensor `t` of `w` needs exactly `dtype`, `shape` and two `data_offsets`"},
      {"SurplusKey", assembled(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", four),
       "E0415", "tensor `t` of `w` needs exactly `dtype`, `shape` and two `data_offsets`"},
      {"ThreeOffsets", assembled(one_tensor("[1]", "[0,4,8]"), four), "E0415",
       "tensor `t` of `w` needs exactly `dtype`, `shape` and two `data_offsets`"},
      {"NegativeExtent", assembled(one_tensor("[-1]", "[0,4]"), four), "E0415",
       "tensor `t` of `w` has extent `-1` in its shape, expected a whole number below 2^63"},
      {"FractionalExtent", assembled(one_tensor("[1.0]", "[0,4]"), four), "E0415",
       "tensor `t` of `w` has extent `1.0` in its shape, expected a whole number below 2^63"},
      {"HugeExtent", assembled(one_tensor("[9223372036854775808]", "[0,4]"), four), "E0415",
       "tensor `t` of `w` has extent `9223372036854775808` in its shape, expected a whole number below 2^63"},
      {"OverflowingShape", assembled(one_tensor("[4294967296,4294967296]", "[0,0]")), "E0415",
       "tensor `t` of `w` has shape [4294967296,4294967296]: more bytes than 2^64"},
      {"ShapeNeedsMore", assembled(one_tensor("[2]", "[0,4]"), four), "E0415",
       "tensor `t` of `w` occupies 4 bytes, its shape [2] of F32 needs 8"},
      {"NegativeOffset", assembled(one_tensor("[1]", "[-4,0]"), four), "E0415",
       "tensor `t` of `w` has data_offsets `[-4,0]`"},
      {"ReversedOffsets", assembled(one_tensor("[1]", "[4,0]"), four), "E0415",
       "tensor `t` of `w` has data_offsets `[4,0]`"},
      {"UnknownType", assembled(one_tensor("[1]", "[0,1]", "U8"), "0"), "E0419",
       "tensor `t` of `w` has element type `U8`, expected F32, F16, BF16, F64 or I64"},
      {"Overlap", assembled(two_tensors("[0,4]", "[2,6]"), eight), "E0416",
       "tensor `b` of `w` starts at data byte 2, inside the tensor that ends at 4"},
      {"SameBytesTwice", assembled(two_tensors("[0,4]", "[0,4]"), four), "E0416",
       "tensor `b` of `w` starts at data byte 0, inside the tensor that ends at 4"},
      {"Hole", assembled(two_tensors("[0,4]", "[5,9]"), eight + four), "E0416",
       "tensor `b` of `w` starts at data byte 5, leaving a hole after 4"},
      {"HoleAtTheStart", assembled(one_tensor("[1]", "[4,8]"), eight), "E0416",
       "tensor `t` of `w` starts at data byte 4, leaving a hole after 0"},
      {"PastTheEnd", assembled(two_tensors("[0,4]", "[4,8]"), four), "E0411",
       "`w` ends at byte 119, its header promises 123"},
      {"TrailingBytes", assembled(ok, four + "x"), "E0416", "`w` has 1 bytes after its last tensor"},
      {"MetadataIsAnArray", assembled(R"({"__metadata__":[]})"), "E0415",
       "`__metadata__` of `w` is not an object of strings"},
      {"MetadataHoldsANumber", assembled(R"({"__metadata__":{"k":1}})"), "E0415",
       "`__metadata__` of `w` maps `k` to `1`, expected a string"},
      {"NanWeight", assembled(ok, std::string("\0\0\xc0\x7f", 4)), "E0418",
       "tensor `t` of `w` holds NaN or infinity at element 0"},
      {"WrongFingerprint",
       assembled(R"({"__metadata__":{"weir_xxh3_128":"00000000000000000000000000000000"}})"), "E0417",
       "`w` is damaged: its fingerprint is "},
      {"FingerprintInAnotherNotation",
       assembled(R"({"__metadata__":{"weir_xxh3_128": "00000000000000000000000000000000"}})"), "E0417",
       "`w` is damaged: its fingerprint is another notation"},
      {"FingerprintTooShort", assembled(R"({"__metadata__":{"weir_xxh3_128":"00"}})"), "E0417",
       "`w` is damaged: its fingerprint is "},
  };
}

class MalformedSafetensors : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSafetensors, IsRefusedWithItsOwnMessage) {
  const Malformed& row = GetParam();
  const Diagnosis diagnosis = diagnosis_of([&] { parse_safetensors("w", bytes_of(row.bytes)); });
  EXPECT_EQ(diagnosis.kind, ErrorKind::damaged);
  EXPECT_EQ(diagnosis.code, row.code);
  EXPECT_THAT(diagnosis.message, testing::StartsWith(row.message));
}

INSTANTIATE_TEST_SUITE_P(Table, MalformedSafetensors, testing::ValuesIn(malformed_files()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Safetensors, GuessesWhatAFileOfAnotherKindIs) {
  const auto note_of = [](const std::string& bytes) {
    return diagnosis_of([&] { parse_safetensors("w", bytes_of(bytes)); }).note;
  };
  EXPECT_THAT(note_of("PK\x03\x04 and more"), HasSubstr("a zip archive"));
  EXPECT_THAT(note_of("\x89HDF\r\n\x1a\n and more"), HasSubstr("HDF5"));
  EXPECT_THAT(note_of("\x93NUMPY and more"), HasSubstr(".npy"));
  EXPECT_THAT(note_of("\x80\x02}q and more"), HasSubstr("pickle"));
}

TEST(Safetensors, TakesNanWhenAskedTo) {
  const std::vector<float> values = {NAN};
  const std::vector<std::byte> bytes = serialised_safetensors({.tensors = {stored("t", {1}, values)}});
  EXPECT_THAT(diagnosis_of([&] { parse_safetensors("w", bytes); }),
              Says(ErrorKind::damaged, "E0418", "tensor `t`"));
  const SafetensorsFile file = parse_safetensors("w", bytes, {.non_finite = NonFinite::allow});
  EXPECT_TRUE(std::isnan(file.tensors[0].floats()[0]));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const std::vector<std::byte> bytes = serialised_safetensors(small_file());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Diagnosis diagnosis = diagnosis_of([&] { parse_safetensors("w", std::span(bytes).first(length)); });
    ASSERT_THAT(diagnosis, Says(ErrorKind::damaged, "E0411", "`w`")) << length;
  }
}

TEST(Safetensors, EveryFlippedBitIsFoundWhereAFingerprintIsRequired) {
  std::vector<std::byte> bytes = serialised_safetensors(small_file());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const std::byte mask{static_cast<unsigned char>(1u << (bit % 8))};
    bytes[bit / 8] ^= mask;
    const Diagnosis diagnosis =
        diagnosis_of([&] { parse_safetensors("w", bytes, {.fingerprint = Fingerprint::required}); });
    ASSERT_EQ(diagnosis.kind, ErrorKind::damaged) << "byte " << bit / 8 << " bit " << bit % 8;
    bytes[bit / 8] ^= mask;
  }
}

TEST(Safetensors, AFlippedBitOfTheHeaderNeverChangesTheTensorsUnseen) {
  // Without a fingerprint: names and metadata are text like any other, the rest of the header must contradict
  // itself.
  const std::string data(44, '\1');
  const std::string header =
      R"({"__metadata__":{"model":"x"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"F16","shape":[2,5],"data_offsets":[24,44]}})";
  const std::string bytes = assembled(header + std::string(7, ' '), data);
  const SafetensorsFile original = parse_safetensors("w", bytes_of(bytes));
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * (bytes.size() - data.size()); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << (bit % 8));
    try {
      const SafetensorsFile read = parse_safetensors("w", bytes_of(flipped));
      ASSERT_TRUE(same_tensors(read, original)) << "byte " << bit / 8 << " bit " << bit % 8;
    } catch (const Error& error) {
      ASSERT_EQ(error.diagnosis().kind, ErrorKind::damaged) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 900u) << "of " << 8 * (bytes.size() - data.size());
}

TEST(Safetensors, RefusesToWriteWhatItCouldNotRead) {
  const std::vector<float> two = {1, 2};
  const auto writing = [](SafetensorsFile file) {
    return diagnosis_of([&] { serialised_safetensors(file); });
  };
  EXPECT_THAT(writing({.tensors = {stored("a", {2}, two), stored("a", {2}, two)}}),
              Says(ErrorKind::usage, "E0200", "tensor name `a` is taken"));
  EXPECT_THAT(writing({.tensors = {stored("__metadata__", {2}, two)}}),
              Says(ErrorKind::usage, "E0200", "is taken"));
  EXPECT_THAT(writing({.tensors = {stored("a", {3}, two)}}),
              Says(ErrorKind::usage, "E0200", "tensor `a` has 8 bytes, its shape needs 12"));
  EXPECT_THAT(writing({.tensors = {stored("\xff", {2}, two)}}), Says(ErrorKind::usage, "E0200", "UTF-8"));
}

}  // namespace
}  // namespace weir
