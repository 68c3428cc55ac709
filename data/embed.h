/// The small real subset that comes with Weir, so that every command has data without a download: how it is
/// chosen, written and read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/cifar.h"

namespace weir {

constexpr Index embedded_count = 1000;         // of each split
constexpr std::uint64_t embedded_seed = 2018;  // of the draw, uniform without replacement

/// Draws the subset from the whole of CIFAR-10 in `cifar` and writes `train.png`, `train.json`, `test.png`,
/// `test.json` to `out`. The same bytes on every machine.
void write_embedded_subset(const std::filesystem::path& cifar, const std::filesystem::path& out);

/// Reads one split of a folder that write_embedded_subset() made. The pixels are checked against their
/// fingerprint. Throws Error: of kind missing where a file is not there; of kind damaged, E0405 for the
/// sheet, E0430 for the list.
ImageSet load_embedded_from(const std::filesystem::path& folder, Split split);

/// The two files of a split of the subset that comes along. Throws Error (missing) E0303.
std::vector<std::filesystem::path> embedded_files(Split split);

}  // namespace weir
