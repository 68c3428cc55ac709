#include "data/cifar.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "data/embed.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t images_per_file = 10000;
constexpr std::size_t record_size = 1 + image_volume;  // the label, then the planes of red, green and blue

/// `directory` or the subfolder that the official archive makes; fails where neither holds a file of the
/// split.
fs::path batches_folder(const fs::path& directory, Split split) {
  const std::vector<std::string> names = cifar_file_names(split);
  for (const fs::path& folder : {directory, directory / "cifar-10-batches-bin"})
    for (const std::string& name : names)
      if (fs::exists(folder / name)) return folder;
  const bool python = fs::exists(directory / "data_batch_1") || fs::exists(directory / "cifar-10-batches-py");
  const bool archive = fs::exists(directory / "cifar-10-binary.tar.gz");
  fail({.kind = ErrorKind::missing,
        .code = "E0301",
        .message = fmt::format("CIFAR-10 not found in `{}` (no {})", directory.native(), names.front()),
        .note = python    ? "this is the *python* version; the binary version is needed"
                : archive ? "the archive is there, but not unpacked"
                          : "",
        .help = fmt::format(
            "`weir data fetch --data {}` (170 MB), or use the embedded subset with `--data embedded`",
            directory.native())});
}

std::vector<std::byte> read_batch(const fs::path& path) {
  if (!fs::exists(path))
    fail({.kind = ErrorKind::missing,
          .code = "E0301",
          .message = fmt::format("`{}` not found", path.native()),
          .note = "other files of CIFAR-10 are there",
          .help =
              fmt::format("`weir data fetch --data {}` adds what is missing", path.parent_path().native())});
  std::vector<std::byte> bytes = read_file(path);
  constexpr std::size_t expected = images_per_file * record_size;
  if (bytes.size() == expected) return bytes;
  const bool compressed = bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
  fail({.kind = ErrorKind::damaged,
        .code = "E0401",
        .message = fmt::format("`{}` has {} bytes, expected {}", path.native(), with_commas(bytes.size()),
                               with_commas(expected)),
        .note = compressed                ? "it is gzip data; the official archive must be unpacked"
                : bytes.size() < expected ? "the download was cut off"
                                          : "",
        .help =
            fmt::format("delete it and run `weir data fetch --data {}` again", path.parent_path().native())});
}

void append_batch(const fs::path& path, ImageSet& images) {
  const std::vector<std::byte> bytes = read_batch(path);
  for (std::size_t record = 0; record < images_per_file; ++record) {
    const std::size_t start = record * record_size;
    const auto label = std::to_integer<std::int32_t>(bytes[start]);
    if (label >= class_count)
      fail({.kind = ErrorKind::damaged,
            .code = "E0402",
            .message = fmt::format("label {} at image {} (byte {} of `{}`), labels run 0 to 9", label, record,
                                   with_commas(start), path.native()),
            .note = "is this the *python* or the CIFAR-100 archive?"});
    const auto* pixels = reinterpret_cast<const std::uint8_t*>(bytes.data()) + start + 1;
    images.pixels.insert(images.pixels.end(), pixels, pixels + image_volume);
    images.labels.push_back(label);
    images.original_indices.push_back(images.count() - 1);
  }
}

}  // namespace

std::string_view to_string(Split split) { return split == Split::train ? "train" : "test"; }

std::span<const std::uint8_t> ImageSet::image(Index row) const {
  expects(row >= 0 && row < count(), "image {} asked for, `{}` has {}", row, source, count());
  return std::span(pixels).subspan(static_cast<std::size_t>(row * image_volume), image_volume);
}

std::vector<std::string> cifar_file_names(Split split) {
  if (split == Split::test) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

ImageSet load_cifar(const fs::path& directory, Split split) {
  const fs::path folder = batches_folder(directory, split);
  const std::vector<std::string> names = cifar_file_names(split);
  ImageSet images;
  images.source = fmt::format("{} ({})", folder.native(), to_string(split));
  images.pixels.reserve(names.size() * images_per_file * image_volume);
  for (const std::string& name : names) append_batch(folder / name, images);
  return images;
}

ImageSet load_images(const std::string& data, Split split) {
  return data == "embedded" ? load_embedded(split) : load_cifar(data, split);
}

std::vector<fs::path> image_files(const std::string& data, Split split) {
  if (data == "embedded") return embedded_files(split);
  std::vector<fs::path> files;
  const fs::path folder = batches_folder(data, split);
  for (const std::string& name : cifar_file_names(split)) files.push_back(folder / name);
  return files;
}

std::uint8_t to_pixel(float value) {
  const float clipped = std::clamp(std::isnan(value) ? -1.0f : value, -1.0f, 1.0f);
  return static_cast<std::uint8_t>(std::nearbyint((clipped + 1) * 127.5f));
}

std::vector<float> to_floats(std::span<const std::uint8_t> pixels) {
  std::vector<float> values(pixels.size());
  std::transform(pixels.begin(), pixels.end(), values.begin(), to_data_units);
  return values;
}

std::vector<std::uint8_t> to_pixels(std::span<const float> values) {
  std::vector<std::uint8_t> pixels(values.size());
  std::transform(values.begin(), values.end(), pixels.begin(), to_pixel);
  return pixels;
}

std::vector<float> gather_floats(const ImageSet& images, std::span<const Index> rows) {
  std::vector<float> values;
  values.reserve(rows.size() * image_volume);
  for (const Index row : rows)
    for (const std::uint8_t pixel : images.image(row)) values.push_back(to_data_units(pixel));
  return values;
}

ImageSet subset(const ImageSet& images, std::span<const Index> rows) {
  ImageSet result;
  result.source = images.source;
  for (const Index row : rows) {
    const auto pixels = images.image(row);
    result.pixels.insert(result.pixels.end(), pixels.begin(), pixels.end());
    result.labels.push_back(images.labels[static_cast<std::size_t>(row)]);
    result.original_indices.push_back(images.original_indices[static_cast<std::size_t>(row)]);
  }
  return result;
}

}  // namespace weir
