#include "data/gzip.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#define STBI_NO_STDIO
#include <stb_image.h>  // its inflater, compiled in png.cpp
#include <utility>

#include "data/deflate.h"
#include "data/hash.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array magic = {std::byte{0x1f}, std::byte{0x8b}};
constexpr std::byte deflate_method{8};
constexpr std::size_t header_size = 10, trailer_size = 8;
// Weights shrink by a fifth. A file of zeros shrinks to a thousandth, which is what a trap for readers does.
constexpr std::uint64_t largest_ratio = 16, free_of_ratio = 64'000'000;
constexpr std::uint64_t limit = std::numeric_limits<int>::max();
// Flags of the header: what follows it. Bit 0, a hint that this is text, means nothing here.
constexpr unsigned with_checksum = 2, with_extra = 4, with_name = 8, with_comment = 16, known_flags = 31;

[[noreturn]] void fail_damaged(const fs::path& path, const std::string& found) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0420",
        .message = fmt::format("{} {}", printable(path.native()), found)});
}

std::uint32_t little_endian(Bytes bytes, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

/// What lies behind the header and the fields that its flags announce: the compressed data and the trailer.
Bytes behind_header(const fs::path& path, Bytes bytes) {
  const auto ends_early = [&] {
    fail_damaged(path, fmt::format("is a gzip file that ends at byte {}, inside its header",
                                   with_commas(bytes.size())));
  };
  if (bytes.size() < header_size + trailer_size) ends_early();
  const auto flags = std::to_integer<unsigned>(bytes[3]);
  if (bytes[2] != deflate_method || flags > known_flags)
    fail_damaged(path, "is a gzip file with an unknown method or flag");
  Bytes rest = bytes.subspan(header_size);
  const auto skip = [&](std::size_t count) {
    if (count > rest.size() - trailer_size) ends_early();
    rest = rest.subspan(count);
  };
  const auto skip_text = [&] {
    const auto end = std::ranges::find(rest, std::byte{0});
    skip(static_cast<std::size_t>(end - rest.begin()) + 1);
  };
  if ((flags & with_extra) != 0) skip(2 + little_endian(rest, 2));
  if ((flags & with_name) != 0) skip_text();
  if ((flags & with_comment) != 0) skip_text();
  if ((flags & with_checksum) != 0) skip(2);
  return rest;
}

}  // namespace

bool is_gzip(Bytes bytes) {
  if (bytes.size() < magic.size() || !std::ranges::equal(bytes.first(magic.size()), magic)) return false;
  constexpr std::size_t effort = 8;
  return bytes.size() <= effort || bytes[effort] != std::byte{'{'};
}

std::vector<std::byte> gunzipped(const fs::path& path, Bytes bytes) {
  if (!is_gzip(bytes)) fail_damaged(path, "does not start as a gzip file does");
  // With the trailer: the inflater wants 16 bits behind whatever it reads.
  const Bytes compressed = behind_header(path, bytes), trailer = bytes.last(trailer_size);
  const std::uint64_t size = little_endian(trailer.subspan(4), 4);
  if (size > limit || compressed.size() > limit)
    fail_damaged(path, fmt::format("is a gzip file of {} bytes that holds {}, the limit is 2 GiB",
                                   with_commas(bytes.size()), with_commas(size)));
  if (size > largest_ratio * bytes.size() + free_of_ratio)
    fail_damaged(path,
                 fmt::format("is a gzip file of {} bytes that claims to hold {}: no weights shrink so far",
                             with_commas(bytes.size()), with_commas(size)));
  std::vector<std::byte> inflated(size + 1);  // never without memory: an empty block is copied, too
  const int count = stbi_zlib_decode_noheader_buffer(
      reinterpret_cast<char*>(inflated.data()), static_cast<int>(size),
      reinterpret_cast<const char*>(compressed.data()), static_cast<int>(compressed.size()));
  if (count < 0 || static_cast<std::uint64_t>(count) != size)
    fail_damaged(path, fmt::format("is a damaged gzip file: it does not inflate to the {} bytes of which its "
                                   "end speaks",
                                   with_commas(size)));
  inflated.resize(size);
  if (crc32(inflated) != little_endian(trailer, 4))
    fail_damaged(path, "is a damaged gzip file: wrong checksum of what it inflates to");
  return inflated;
}

std::vector<std::byte> read_inflated_file(const fs::path& path) {
  std::vector<std::byte> bytes = read_file(path);
  return is_gzip(bytes) ? gunzipped(path, bytes) : std::move(bytes);
}

std::vector<std::byte> gzipped(Bytes bytes) {
  expects(bytes.size() <= limit, "{} bytes to compress, the limit is 2 GiB", bytes.size());
  std::vector<std::byte> file(header_size);
  std::ranges::copy(magic, file.begin());
  file[2] = deflate_method;
  file.back() = std::byte{255};  // the system that wrote it: unknown
  const std::vector<std::byte> compressed = deflated(bytes);
  file.insert(file.end(), compressed.begin(), compressed.end());
  for (const std::uint32_t value : {crc32(bytes), static_cast<std::uint32_t>(bytes.size())})
    for (int shift = 0; shift < 32; shift += 8) file.push_back(static_cast<std::byte>(value >> shift));
  return file;
}

fs::path without_gz(fs::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path;
}

}  // namespace weir
