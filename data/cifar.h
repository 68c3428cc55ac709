/// CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images in ten classes, in the official binary
/// layout.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/shape.h"

namespace weir {

enum class Split { train, test };
std::string_view to_string(Split split);

constexpr Index image_side = 32;
constexpr Index image_channels = 3;
constexpr Index image_volume = image_channels * image_side * image_side;
constexpr Index class_count = 10;
constexpr std::array<std::string_view, class_count> class_names = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/// Labelled images of one origin.
struct ImageSet {
  std::vector<std::uint8_t> pixels;     // [N, 3, 32, 32], 0 to 255
  std::vector<std::int32_t> labels;     // [N], 0 to 9
  std::vector<Index> original_indices;  // [N], positions in the official split
  std::string source;                   // for messages and manifests

  Index count() const { return static_cast<Index>(labels.size()); }
  /// The pixels of one image, [3, 32, 32].
  std::span<const std::uint8_t> image(Index row) const;
};

/// Reads `data_batch_1.bin` ... `data_batch_5.bin` or `test_batch.bin` from `directory`, or from its
/// subfolder `cifar-10-batches-bin`, which is where the official archive puts them. Throws Error: E0301
/// (missing) no such data, E0401 (damaged) wrong size, E0402 (damaged) a label above 9.
ImageSet load_cifar(const std::filesystem::path& directory, Split split);

/// The small real subset that comes with Weir: 1,000 images of each split.
ImageSet load_embedded(Split split);

/// load_embedded() for "embedded", which is `--data`'s default, else load_cifar().
ImageSet load_images(const std::string& data, Split split);

/// The files that load_images() reads. Throws the same where they are not to be found.
std::vector<std::filesystem::path> image_files(const std::string& data, Split split);

/// The files of a split in the order of their images.
std::vector<std::string> cifar_file_names(Split split);

/// Pixel to data units: u8 / 127.5 - 1 in [-1, 1], in float arithmetic.
inline float to_data_units(std::uint8_t pixel) { return static_cast<float>(pixel) / 127.5f - 1; }

/// The nearest pixel, ties to even; what lies outside [-1, 1] is clipped. Inverts to_data_units() exactly.
std::uint8_t to_pixel(float value);

std::vector<float> to_floats(std::span<const std::uint8_t> pixels);
std::vector<std::uint8_t> to_pixels(std::span<const float> values);

/// The images at `rows`, in data units [rows, 3, 32, 32].
std::vector<float> gather_floats(const ImageSet& images, std::span<const Index> rows);

/// The labelled images at `rows` as a set of their own.
ImageSet subset(const ImageSet& images, std::span<const Index> rows);

}  // namespace weir
