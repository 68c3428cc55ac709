/// Reading whole files, and long ones in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace weir {

/// Throws Error of kind missing (E0302) that names the file and why it cannot be read.
std::vector<std::byte> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

/// Hands the file's bytes on in order, at most 1 MiB at a time. Throws as read_file().
void for_each_chunk(const std::filesystem::path& path,
                    const std::function<void(std::span<const std::byte>)>& use);

}  // namespace weir
