/// Arrays travel to NumPy and back; what is not such an array is refused by name.
#include "data/npy.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::ElementsAre;

template <class Value>
std::string raw(std::initializer_list<Value> values) {
  std::string bytes(values.size() * sizeof(Value), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

/// An .npy file assembled without the writer.
std::string assembled(const std::string& header, const std::string& data, char major = 1) {
  std::string bytes = std::string("\x93NUMPY") + major + '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

std::string dictionary(const std::string& type, const std::string& shape,
                       const std::string& fortran = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  const TemporaryFolder folder;
  write_npy<float>(folder / "a.npy", {{2, 1}, {1.0f, -2.0f}});
  // As the format's description has it: spaces until the values start at a multiple of 64, and a line feed.
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
  EXPECT_EQ(contents_of(folder / "a.npy"),
            assembled(header + std::string(118 - header.size() - 1, ' ') + "\n", raw<float>({1, -2})));
}

TEST(Npy, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  for (const std::vector<Index>& shape :
       {std::vector<Index>{}, {1}, {0}, {3, 0, 2}, {2, 3}, {1, 2, 3, 4, 5, 6, 7, 8}}) {
    NpyArray<std::int64_t> array = {shape, {}};
    Index volume = 1;
    for (const Index extent : shape) volume *= extent;
    for (Index i = 0; i < volume; ++i) array.values.push_back(i * -1234567890123);
    write_npy(folder / "a.npy", array);
    const auto read = read_npy<std::int64_t>(folder / "a.npy");
    EXPECT_EQ(read.shape, array.shape);
    EXPECT_EQ(read.values, array.values);
  }
}

TEST(Npy, ReadsBothVersionsAndAnyOrderOfKeys) {
  const TemporaryFolder folder;
  put(folder / "two.npy", assembled(dictionary("<f4", "(2,)"), raw<float>({1, 2}), 2));
  EXPECT_THAT(read_npy<float>(folder / "two.npy").values, ElementsAre(1, 2));
  put(folder / "order.npy",
      assembled("{\"shape\":(1,2),\"descr\":\"<f4\",\"fortran_order\":False}", raw<float>({1, 2})));
  EXPECT_THAT(read_npy<float>(folder / "order.npy").shape, ElementsAre(1, 2));
}

struct Malformed {
  const char* name;
  std::string bytes;
  const char* code;
  const char* message;  // after the file's name
};

std::vector<Malformed> malformed_files() {
  const std::string two = raw<float>({1, 2});
  const auto header_case = [&](const std::string& header) { return assembled(header, two); };
  return {
      {"Empty", "", "E0407", " does not start as an .npy file does"},
      {"AnotherKind", "PK\x03\x04", "E0407", " does not start as an .npy file does"},
      {"OnlyMagic", "\x93NUMPY", "E0407", " ends at byte 6, inside the .npy header"},
      {"Version3", assembled(dictionary("<f4", "(2,)"), two, 3), "E0407",
       " has .npy version 3.0, expected 1.0 or 2.0"},
      {"HeaderBeyondTheFile", std::string("\x93NUMPY\1\0\xff\xff{", 11), "E0407",
       " ends at byte 11, inside the .npy header, which claims 65,535 bytes"},
      {"NoDictionary", header_case("[]"), "E0407",
       " has an .npy header that cannot be read at its byte 0: `[]`"},
      {"Cut", header_case("{'descr': '<f4"), "E0407",
       " has an .npy header that cannot be read at its byte 11: `<f4`"},
      {"KeyTwice", header_case("{'descr': '<f4', 'descr': '<f4'}"), "E0407",
       " has an .npy header that cannot be read at its byte 25: ` '<f4'}`"},
      {"KeyMissing", header_case("{'descr': '<f4', 'shape': (2,)}"), "E0407",
       " has an .npy header that cannot be read at its byte 31: ``"},
      {"UnknownKey", header_case("{'x': 1}"), "E0407", " has an .npy header that cannot be read"},
      {"NegativeExtent", header_case(dictionary("<f4", "(-2,)")), "E0407",
       " has an .npy header that cannot be read"},
      {"HugeExtent", header_case(dictionary("<f4", "(99999999999999999999,)")), "E0407",
       " has an .npy header that cannot be read"},
      {"CodeForAShape", header_case(dictionary("<f4", "(__import__('os'),)")), "E0407",
       " has an .npy header that cannot be read"},
      {"StructuredType", header_case("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"),
       "E0407", " has an .npy header that cannot be read at its byte 10"},
      {"Double", header_case(dictionary("<f8", "(1,)")), "E0408",
       " holds elements of type `<f8`, expected float32 ('<f4')"},
      {"BigEndian", header_case(dictionary(">f4", "(2,)")), "E0408",
       " holds elements of type `>f4`, expected float32"},
      {"Fortran", header_case(dictionary("<f4", "(1, 2)", "True")), "E0408",
       " is in Fortran order, expected C order"},
      {"WrongShape", header_case(dictionary("<f4", "(1, 2)")), "E0409", " has shape [1,2], expected [N,3]"},
      {"WrongRank", header_case(dictionary("<f4", "(2,)")), "E0409", " has shape [2], expected [N,3]"},
      {"Truncated", assembled(dictionary("<f4", "(1, 3)"), two), "E0407",
       " has 8 bytes of values, its shape [1,3] promises 12"},
      {"Surplus", assembled(dictionary("<f4", "(0, 3)"), two), "E0407",
       " has 8 bytes of values, its shape [0,3] promises 0"},
      {"Overflow", assembled(dictionary("<f4", "(6148914691236517206, 3)"), two), "E0407",
       " has 8 bytes of values, its shape [6148914691236517206,3] promises more than any file holds"},
  };
}

class MalformedNpy : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedNpy, IsRefusedWithItsOwnMessage) {
  const TemporaryFolder folder;
  const auto path = put(folder / "a.npy", GetParam().bytes);
  const Diagnosis diagnosis = diagnosis_of([&] { read_npy<float>(path, {any_extent, 3}); });
  EXPECT_EQ(diagnosis.kind, ErrorKind::damaged);
  EXPECT_EQ(diagnosis.code, GetParam().code);
  EXPECT_THAT(diagnosis.message, testing::StartsWith("`" + path.string() + "`" + GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Table, MalformedNpy, testing::ValuesIn(malformed_files()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Npy, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  write_npy<float>(folder / "a.npy", {{3}, {1, 2, 3}});
  const std::string bytes = contents_of(folder / "a.npy");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = std::string_view(bytes).substr(0, length);
    ASSERT_THAT(diagnosis_of([&] { parse_npy<float>("cut.npy", cut); }),
                Says(ErrorKind::damaged, "E0407", "cut.npy"))
        << length;
  }
}

TEST(Npy, RefusesToWriteAShapeThatDoesNotFit) {
  const TemporaryFolder folder;
  EXPECT_THAT(diagnosis_of([&] {
                write_npy<float>(folder / "a.npy", {{3}, {1, 2}});
              }),
              Says(ErrorKind::usage, "E0200", "has 2 values, its shape [3] needs 3"));
  EXPECT_TRUE(folder.names().empty());
}

TEST(Npy, ImagesMustLieInDataUnits) {
  const TemporaryFolder folder;
  NpyArray<float> images = {{2, 3, 32, 32}, std::vector<float>(2 * 3072, -1.0f)};
  images.values[5] = 1;
  write_npy(folder / "x.npy", images);
  EXPECT_EQ(read_images_npy(folder / "x.npy").values, images.values);
  for (const float wrong : {1.0001f, 255.0f, -1.5f, NAN, INFINITY}) {
    images.values[3072] = wrong;
    write_npy(folder / "x.npy", images);
    const Diagnosis diagnosis = diagnosis_of([&] { read_images_npy(folder / "x.npy"); });
    EXPECT_THAT(diagnosis, Says(ErrorKind::damaged, "E0406", "in image 1, images live in [-1,1]"));
    EXPECT_EQ(diagnosis.help.find("127.5") != std::string::npos, std::isfinite(wrong)) << diagnosis.help;
    EXPECT_EQ(diagnosis.help.find("numpy.isfinite") == std::string::npos, std::isfinite(wrong));
  }
}

TEST(Npy, ImagesWithTheChannelsLastAreToldHowToTurnThem) {
  const TemporaryFolder folder;
  const auto help_for = [&](const std::vector<Index>& shape, std::size_t volume) {
    write_npy<float>(folder / "x.npy", {shape, std::vector<float>(volume)});
    return diagnosis_of([&] { read_images_npy(folder / "x.npy"); }).help;
  };
  EXPECT_EQ(help_for({2, 32, 32, 3}, 6144), "in Python: numpy.save(path, array.transpose(0, 3, 1, 2))");
  EXPECT_EQ(help_for({2, 32, 3, 32}, 6144), "");
  EXPECT_EQ(help_for({2, 3072}, 6144), "");
}

TEST(Npy, LabelsMustBeClasses) {
  const TemporaryFolder folder;
  write_npy<std::int64_t>(folder / "y.npy", {{3}, {0, 9, 5}});
  EXPECT_THAT(read_labels_npy(folder / "y.npy").values, ElementsAre(0, 9, 5));
  for (const std::int64_t wrong : {-1, 10}) {
    write_npy<std::int64_t>(folder / "y.npy", {{2}, {0, wrong}});
    EXPECT_THAT(diagnosis_of([&] { read_labels_npy(folder / "y.npy"); }),
                Says(ErrorKind::damaged, "E0402", "at position 1 of"));
  }
}

}  // namespace
}  // namespace weir
