#include "data/inventory.h"

#include <cmath>

#include "data/hash.h"

namespace weir {

namespace fs = std::filesystem;

std::vector<FileVerdict> verify_cifar(const fs::path& directory) {
  const bool nested = !fs::exists(directory / official_files.front().name) &&
                      fs::exists(directory / "cifar-10-batches-bin" / official_files.front().name);
  const fs::path folder = nested ? directory / "cifar-10-batches-bin" : directory;
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
