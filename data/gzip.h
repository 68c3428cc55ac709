/// Files in the gzip format (RFC 1952): weights come along smaller by a fifth, and any `gunzip` opens them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace weir {

/// Whether the bytes begin as a gzip file does. A safetensors file may have the same first bytes, the length
/// of its header; that header then begins with a brace, where gzip has the effort of the compressor.
bool is_gzip(std::span<const std::byte> bytes);

/// What was compressed, checked against the length and the checksum at the file's end. At most 2 GiB. Of
/// members joined into one file the first is what is read; unless the last has its length and checksum, that
/// is refused. `path` is only for messages. Throws Error of kind damaged (E0420).
std::vector<std::byte> gunzipped(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// read_file(), inflated where the file begins as gzip does. Throws as both do.
std::vector<std::byte> read_inflated_file(const std::filesystem::path& path);

/// One member without a name or a time, by zlib_compressed()'s code: the same bytes on every machine.
std::vector<std::byte> gzipped(std::span<const std::byte> bytes);

/// "a.safetensors" of "a.safetensors.gz"; any other path as it is.
std::filesystem::path without_gz(std::filesystem::path path);

}  // namespace weir
