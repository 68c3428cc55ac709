/// Whether the files of CIFAR-10 are the official ones, and what is in them.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/cifar.h"

namespace weir {

/// A file of the official archive and its SHA-256.
struct OfficialFile {
  std::string_view name;
  std::string_view sha256;
};

constexpr OfficialFile official_archive = {
    "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"};

/// The five training batches and the test batch.
constexpr std::array<OfficialFile, 6> official_files = {{
    {"data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
    {"data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
    {"data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
    {"data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
    {"data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
    {"test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
}};

struct FileVerdict {
  OfficialFile official;
  std::string found;  // SHA-256 of the file that is there; empty where there is none

  bool genuine() const { return found == official.sha256; }
};

/// Where the official files are judged and belong: `directory`, or its subfolder `cifar-10-batches-bin` where
/// only that holds any of them.
std::filesystem::path cifar_folder(const std::filesystem::path& directory);

/// One verdict a file of cifar_folder(), in the order of official_files.
std::vector<FileVerdict> verify_cifar(const std::filesystem::path& directory);

/// What a set of images holds. Means and standard deviations are of pixels from 0 to 1, as the literature
/// quotes them.
struct ImageStatistics {
  Index count = 0;
  std::array<Index, class_count> class_counts = {};
  std::array<double, image_channels> means = {};
  std::array<double, image_channels> standard_deviations = {};  // of the population
};

ImageStatistics statistics_of(const ImageSet& images);

}  // namespace weir
