#include "data/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string>
#include <string_view>

#include "data/atomic_file.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little,
              "values are copied as they lie in little-endian files");

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t alignment = 64;  // of the first value, as NumPy writes it

template <class Value>
struct TypeName;
template <>
struct TypeName<float> {
  static constexpr std::string_view description = "<f4", name = "float32";
};
template <>
struct TypeName<std::int64_t> {
  static constexpr std::string_view description = "<i8", name = "int64";
};

struct Header {
  std::string description;  // of the element type, as "<f4"
  bool fortran_order = false;
  std::vector<Index> shape;
  std::size_t data_start = 0;
};

[[noreturn]] void fail_damaged(const fs::path& path, const std::string& found) {
  fail(
      {.kind = ErrorKind::damaged, .code = "E0407", .message = fmt::format("`{}` {}", path.native(), found)});
}

std::string written_shape(const std::vector<Index>& shape) {
  std::string text = "[";
  for (const Index extent : shape) {
    if (text.size() > 1) text += ",";
    text += extent == any_extent ? "N" : std::to_string(extent);
  }
  return text + "]";
}

/// Reads the header's dictionary: the three keys that NumPy writes, in any order, and nothing else.
class HeaderParser {
 public:
  HeaderParser(const fs::path& path, std::string_view text) : path_(path), whole_(text), rest_(text) {}

  Header parse() {
    Header header;
    std::optional<std::string> description;
    std::optional<bool> order;
    std::optional<std::vector<Index>> shape;
    expect("{");
    while (!accept("}")) {
      const std::string key = parse_string();
      expect(":");
      if (key == "descr" && !description) {
        description = parse_string();
      } else if (key == "fortran_order" && !order) {
        order = parse_truth();
      } else if (key == "shape" && !shape) {
        shape = parse_shape();
      } else {
        refuse();
      }
      if (accept("}")) break;
      expect(",");
    }
    skip_spaces();
    if (!rest_.empty() || !description || !order || !shape) refuse();
    return {.description = *description, .fortran_order = *order, .shape = *shape};
  }

 private:
  [[noreturn]] void refuse() const {
    fail_damaged(path_, fmt::format("has an .npy header that cannot be read at its byte {}: {}",
                                    whole_.size() - rest_.size(), printable(rest_.substr(0, 40))));
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool accept(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) refuse();
  }
  std::string parse_string() {
    // A structured type is a list here; it is not one that we read.
    const char quote = accept("'") ? '\'' : accept("\"") ? '"' : '\0';
    const auto end = rest_.find(quote);
    if (quote == '\0' || end == std::string_view::npos) refuse();
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool parse_truth() {
    if (accept("True")) return true;
    expect("False");
    return false;
  }
  std::vector<Index> parse_shape() {
    std::vector<Index> shape;
    expect("(");
    while (!accept(")")) {
      skip_spaces();
      Index extent = -1;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc() || extent < 0) refuse();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(extent);
      if (accept(")")) break;
      expect(",");
    }
    return shape;
  }

  const fs::path& path_;
  std::string_view whole_, rest_;
};

Header parse_header(const fs::path& path, std::string_view bytes) {
  if (!bytes.starts_with(magic)) fail_damaged(path, "does not start as an .npy file does");
  if (bytes.size() < 8)
    fail_damaged(path, fmt::format("ends at byte {}, inside the .npy header", bytes.size()));
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t major = at(6), minor = at(7);
  if ((major != 1 && major != 2) || minor != 0)
    fail_damaged(path, fmt::format("has .npy version {}.{}, expected 1.0 or 2.0", major, minor));
  const std::size_t prefix = major == 1 ? 10 : 12;
  if (bytes.size() < prefix)
    fail_damaged(path, fmt::format("ends at byte {}, inside the .npy header", bytes.size()));
  const std::size_t length =
      major == 1 ? at(8) | at(9) << 8 : at(8) | at(9) << 8 | at(10) << 16 | at(11) << 24;
  if (length > bytes.size() - prefix)
    fail_damaged(path, fmt::format("ends at byte {}, inside the .npy header, which claims {} bytes",
                                   with_commas(bytes.size()), with_commas(length)));
  Header header = HeaderParser(path, bytes.substr(prefix, length)).parse();
  header.data_start = prefix + length;
  return header;
}

bool matches(const std::vector<Index>& shape, const std::vector<Index>& expected) {
  if (shape.size() != expected.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (expected[i] != any_extent && shape[i] != expected[i]) return false;
  return true;
}

template <class Value>
void check_type(const fs::path& path, const Header& header) {
  using Name = TypeName<Value>;
  if (header.description != Name::description)
    fail({.kind = ErrorKind::damaged,
          .code = "E0408",
          .message = fmt::format("`{}` holds elements of type {}, expected {} ('{}')", path.native(),
                                 printable(header.description), Name::name, Name::description),
          .help = fmt::format("in Python: numpy.save(path, array.astype('{}'))", Name::name)});
  if (header.fortran_order)
    fail({.kind = ErrorKind::damaged,
          .code = "E0408",
          .message = fmt::format("`{}` is in Fortran order, expected C order", path.native()),
          .help = "in Python: numpy.save(path, numpy.ascontiguousarray(array))"});
}

/// Images with the channels last, as other libraries keep them: what to do about it; else nothing.
std::string help_for_shape(const std::vector<Index>& shape, const std::vector<Index>& expected) {
  const bool channels_last = shape.size() == 4 && matches({shape[0], shape[3], shape[1], shape[2]}, expected);
  return channels_last ? "in Python: numpy.save(path, array.transpose(0, 3, 1, 2))" : "";
}

/// The product of the extents; nothing where it cannot be the size of a file.
std::optional<std::uint64_t> checked_volume(const std::vector<Index>& shape, std::uint64_t element_size) {
  std::uint64_t volume = 1;
  for (const Index extent : shape)
    if (__builtin_mul_overflow(volume, static_cast<std::uint64_t>(extent), &volume)) return std::nullopt;
  if (__builtin_mul_overflow(volume, element_size, &element_size)) return std::nullopt;
  return volume;
}

}  // namespace

template <class Value>
NpyArray<Value> parse_npy(const fs::path& path, std::string_view bytes, const std::vector<Index>& expected) {
  const Header header = parse_header(path, bytes);
  check_type<Value>(path, header);
  if (!expected.empty() && !matches(header.shape, expected))
    fail({.kind = ErrorKind::damaged,
          .code = "E0409",
          .message = fmt::format("`{}` has shape {}, expected {}", path.native(), written_shape(header.shape),
                                 written_shape(expected)),
          .help = help_for_shape(header.shape, expected)});
  const auto volume = checked_volume(header.shape, sizeof(Value));
  const std::uint64_t found = bytes.size() - header.data_start;
  if (!volume || *volume * sizeof(Value) != found)
    fail_damaged(path,
                 fmt::format("has {} bytes of values, its shape {} promises {}", with_commas(found),
                             written_shape(header.shape),
                             volume ? with_commas(*volume * sizeof(Value)) : "more than any file holds"));
  NpyArray<Value> array = {header.shape, std::vector<Value>(*volume)};
  if (found != 0) std::memcpy(array.values.data(), bytes.data() + header.data_start, found);
  return array;
}

template <class Value>
NpyArray<Value> read_npy(const fs::path& path, const std::vector<Index>& expected) {
  return parse_npy<Value>(path, read_text_file(path), expected);
}

template <class Value>
void write_npy(const fs::path& path, const NpyArray<Value>& array) {
  const auto volume = checked_volume(array.shape, sizeof(Value));
  expects(volume == array.values.size(), "array for `{}` has {} values, its shape {} needs {}", path.native(),
          array.values.size(), written_shape(array.shape), volume.value_or(0));
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                   TypeName<Value>::description, fmt::join(array.shape, ", "),
                                   array.shape.size() == 1 ? "," : "");
  constexpr std::size_t prefix = 10;
  header.resize((prefix + header.size() + 1 + alignment - 1) / alignment * alignment - prefix - 1, ' ');
  header += '\n';
  ensures(header.size() < 65536, "the header of an .npy file of version 1.0 fits 16 bits");

  const auto values = std::as_bytes(std::span(array.values));
  AtomicFile file(path, prefix + header.size() + values.size());
  file.write(magic);
  const char version_and_length[] = {1, 0, static_cast<char>(header.size() & 0xff),
                                     static_cast<char>(header.size() >> 8)};
  file.write(std::string_view(version_and_length, 4));
  file.write(header);
  file.write(values);
  file.commit();
}

NpyArray<float> read_images_npy(const fs::path& path) {
  NpyArray<float> images = read_npy<float>(path, {any_extent, 3, 32, 32});
  if (images.shape[0] == 0)
    fail({.kind = ErrorKind::damaged,
          .code = "E0409",
          .message = fmt::format("`{}` holds no images: its shape is {}", path.native(),
                                 written_shape(images.shape))});
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    const float value = images.values[i];
    if (value >= -1 && value <= 1) continue;  // false for NaN
    fail({.kind = ErrorKind::damaged,
          .code = "E0406",
          .message = fmt::format("`{}` holds the value {} in image {}, images live in [-1,1]", path.native(),
                                 value, i / (3 * 32 * 32)),
          .help = std::isfinite(value)
                      ? "for pixels of 0 to 255: pixels / 127.5 - 1; for pixels of 0 to 1: 2 * pixels - 1"
                      : "in Python: numpy.argwhere(~numpy.isfinite(array)) says where such values are"});
  }
  return images;
}

NpyArray<std::int64_t> read_labels_npy(const fs::path& path) {
  NpyArray<std::int64_t> labels = read_npy<std::int64_t>(path, {any_extent});
  for (std::size_t i = 0; i < labels.values.size(); ++i)
    if (labels.values[i] < 0 || labels.values[i] > 9)
      fail({.kind = ErrorKind::damaged,
            .code = "E0402",
            .message = fmt::format("label {} at position {} of `{}`, labels run 0 to 9", labels.values[i], i,
                                   path.native())});
  return labels;
}

template NpyArray<float> parse_npy(const fs::path&, std::string_view, const std::vector<Index>&);
template NpyArray<std::int64_t> parse_npy(const fs::path&, std::string_view, const std::vector<Index>&);
template NpyArray<float> read_npy(const fs::path&, const std::vector<Index>&);
template NpyArray<std::int64_t> read_npy(const fs::path&, const std::vector<Index>&);
template void write_npy(const fs::path&, const NpyArray<float>&);
template void write_npy(const fs::path&, const NpyArray<std::int64_t>&);

}  // namespace weir
