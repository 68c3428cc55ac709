#include "data/read_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "data/descriptor.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_reading(const fs::path& path, int error) {
  const std::string why = error == ENOENT    ? "no such file"
                          : error == EISDIR  ? "it is a folder"
                          : error == ENOTDIR ? "a part of the path is a file, not a folder"
                          : error == EACCES  ? "permission denied"
                                             : std::strerror(error);
  fail({.kind = ErrorKind::missing,
        .code = "E0302",
        .message = fmt::format("cannot read `{}`: {}", path.native(), why)});
}

Descriptor opened(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail_reading(path, errno);
  return file;
}

/// One read(2) that is not interrupted; 0 at the end of the file.
std::size_t read_some(const Descriptor& file, const fs::path& path, std::span<std::byte> into) {
  while (true) {
    const ssize_t count = ::read(file.number(), into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail_reading(path, errno);
  }
}

constexpr std::size_t chunk = std::size_t{1} << 20;

template <class Bytes>
Bytes read_whole(const fs::path& path) {
  const Descriptor file = opened(path);
  struct stat status = {};
  const bool sized = ::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  // The size is only a hint: a pipe has none, and a file may grow while it is read. One more byte than the
  // size lets the last read find the end without growing the buffer.
  Bytes bytes(sized ? static_cast<std::size_t>(status.st_size) + 1 : chunk, {});
  std::size_t used = 0;
  while (true) {
    const std::size_t count = read_some(file, path, std::as_writable_bytes(std::span(bytes)).subspan(used));
    if (count == 0) break;
    used += count;
    if (used == bytes.size()) bytes.resize(2 * used);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path) { return read_whole<std::vector<std::byte>>(path); }

std::string read_text_file(const fs::path& path) { return read_whole<std::string>(path); }

void for_each_chunk(const fs::path& path, const std::function<void(std::span<const std::byte>)>& use) {
  const Descriptor file = opened(path);
  std::vector<std::byte> buffer(chunk);
  while (const std::size_t count = read_some(file, path, buffer)) use(std::span(buffer).first(count));
}

}  // namespace weir
