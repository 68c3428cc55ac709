/// Fingerprints of bytes and files: XXH3-128 for everything of ours, SHA-256 for what others publish, CRC-32
/// where a format asks for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace weir {

/// 32 hex digits, the ones `xxh128sum` prints. Fast and well mixed, but no defence against a forger.
std::string xxh3_128_hex(std::span<const std::byte> bytes);

/// Throws Error of kind missing where the file cannot be read.
std::string xxh3_128_hex_of_file(const std::filesystem::path& path);

/// SHA-256 (FIPS 180-4), only to compare with the hashes that the makers of CIFAR-10 and of archives publish.
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// 64 hex digits, as `sha256sum` prints them. Ends the message; call it once.
  std::string hex();

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_ = {};
  std::uint64_t length_ = 0;  // bytes so far; the last length_ % 64 of them wait in block_
};

std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex_of_file(const std::filesystem::path& path);

/// As PNG and gzip define it.
std::uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace weir
