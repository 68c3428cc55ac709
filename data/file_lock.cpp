#include "data/file_lock.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>

#include "tensor/check.h"

namespace weir {

namespace {

std::string holder_card() {
  std::array<char, 256> host = {};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("pid {} on {} (since {:%Y-%m-%d %H:%M})", ::getpid(), host.data(),
                     fmt::localtime(std::time(nullptr)));
}

/// The holder's card; empty for the instant between its lock and its writing.
std::string read_card(int file) {
  std::array<char, 512> text = {};
  const ssize_t length = ::pread(file, text.data(), text.size() - 1, 0);
  const std::string card(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return card.substr(0, card.find('\n'));
}

void lock(int file, const std::filesystem::path& directory) {
  int locked = -1;
  do {
    locked = ::flock(file, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked == 0) return;
  const std::string card = read_card(file);
  fail({.kind = ErrorKind::resource,
        .code = "E0601",
        .message = fmt::format("`{}` is in use by weir {}", directory.native(),
                               card.empty() ? std::string("in another process") : card),
        .help = "wait, or choose another folder with `--out`"});
}

/// Whoever held the lock before may have removed the file, which then locks out nobody else.
bool is_still(int file, const std::filesystem::path& path) {
  struct stat ours = {}, there = {};
  return ::fstat(file, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_dev == there.st_dev &&
         ours.st_ino == there.st_ino;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / ".lock";
  do {
    // Close-on-exec: a child such as curl must not keep the folder locked after us.
    file_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file_)
      fail({.kind = ErrorKind::resource,
            .code = "E0603",
            .message = fmt::format("cannot write to `{}`: {}", directory.native(), std::strerror(errno))});
    lock(file_.number(), directory);
  } while (!is_still(file_.number(), path));
  // A card that cannot be written only makes the other side's message poorer; the lock is what counts.
  const std::string card = holder_card() + "\n";
  if (::ftruncate(file_.number(), 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(file_.number(), card.data(), card.size(), 0);
}

}  // namespace weir
