#include "data/inventory.h"

#include <algorithm>
#include <cmath>

#include "data/hash.h"

namespace weir {

namespace fs = std::filesystem;

fs::path cifar_folder(const fs::path& directory) {
  const fs::path nested = directory / "cifar-10-batches-bin";
  const auto holds_any = [](const fs::path& folder) {
    return std::ranges::any_of(official_files,
                               [&](const OfficialFile& file) { return fs::exists(folder / file.name); });
  };
  return !holds_any(directory) && holds_any(nested) ? nested : directory;
}

std::vector<FileVerdict> verify_cifar(const fs::path& directory) {
  const fs::path folder = cifar_folder(directory);
  std::vector<FileVerdict> verdicts;
  for (const OfficialFile& official : official_files) {
    const fs::path path = folder / official.name;
    verdicts.push_back({.official = official, .found = fs::exists(path) ? sha256_hex_of_file(path) : ""});
  }
  return verdicts;
}

ImageStatistics statistics_of(const ImageSet& images) {
  ImageStatistics statistics;
  statistics.count = images.count();
  for (const std::int32_t label : images.labels) ++statistics.class_counts[static_cast<std::size_t>(label)];

  // Whole numbers, so that the order of the sums cannot matter.
  std::array<std::uint64_t, image_channels> sums = {}, squares = {};
  constexpr Index plane = image_side * image_side;
  for (std::size_t i = 0; i < images.pixels.size(); ++i) {
    const auto channel = i / plane % image_channels;
    const std::uint64_t pixel = images.pixels[i];
    sums[channel] += pixel;
    squares[channel] += pixel * pixel;
  }
  const double count = static_cast<double>(images.count() * plane);
  for (std::size_t c = 0; c < image_channels && count > 0; ++c) {
    const double mean = static_cast<double>(sums[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    statistics.means[c] = mean / 255;
    statistics.standard_deviations[c] = std::sqrt(variance) / 255;
  }
  return statistics;
}

}  // namespace weir
