#include "data/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <random>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>

#include "data/fault.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view temporary_prefix = ".tmp-";

/// Runs a system call again for as long as a signal interrupts it; a test may answer in its place.
template <class Call>
auto uninterrupted(std::string_view point, const Call& call) -> decltype(call()) {
  while (true) {
    const int injected = fault::point(point).error;
    errno = injected;
    const auto result = injected != 0 ? decltype(call()){-1} : call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// The file that a chain of symbolic links ends at, which need not exist.
fs::path behind_links(fs::path path) {
  constexpr int longest_chain = 40;  // as in the kernel
  std::error_code ignored;
  for (int i = 0; i < longest_chain && fs::is_symlink(path, ignored); ++i) {
    const fs::path next = fs::read_symlink(path, ignored);
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string temporary_name() {
  std::random_device entropy;
  return fmt::format("{}{}-{:08x}", temporary_prefix, ::getpid(), entropy());
}

bool is_temporary_name(std::string_view name) {
  if (!name.starts_with(temporary_prefix)) return false;
  name.remove_prefix(temporary_prefix.size());
  const auto dash = name.find('-');
  return dash != std::string_view::npos && dash > 0 && name.size() - dash == 9 &&
         name.find_first_not_of("0123456789") == dash &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string_view::npos;
}

std::string free_space_near(const fs::path& file) {
  std::error_code unknown;
  const fs::space_info space = fs::space(folder_of(file), unknown);
  return unknown ? std::string("free space unknown") : human_size(space.available) + " free";
}

std::string reason(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "permission denied";
    case EROFS:
      return "the file system is read-only";
    case ENOENT:
      return "no such folder";
    case ENOTDIR:
      return "a part of the path is a file, not a folder";
    case EISDIR:
      return "it is a folder";
    case ENAMETOOLONG:
      return "the name is too long";
    case ELOOP:
      return "symbolic links go in a circle";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    default:
      return std::strerror(error);
  }
}

/// A folder that is there and takes no new name, as /proc, says ENOENT, too.
std::string reason_in(const fs::path& folder, int error) {
  std::error_code ignored;
  if (error != ENOENT || !fs::is_directory(folder, ignored)) return reason(error);
  return fmt::format("the folder takes no new files ({})", std::strerror(error));
}

/// Removes what killed writers left. A living writer holds a lock on its file, on whichever host it runs.
void sweep_abandoned_temporaries(const fs::path& directory) {
  std::error_code ignored;
  for (fs::directory_iterator entry(directory, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (!is_temporary_name(entry->path().filename().native())) continue;
    const Descriptor file(::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file && ::flock(file.number(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
  }
}

[[noreturn]] void fail_unwritable(const fs::path& directory, const std::string& why) {
  fail({.kind = ErrorKind::resource,
        .code = "E0603",
        .message = fmt::format("cannot write to `{}`: {}", directory.native(), why),
        .note = "checked before starting; nothing was computed",
        .help = "choose another folder with `--out`"});
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& target, std::uint64_t bytes_expected)
    : target_(behind_links(target)), bytes_expected_(bytes_expected) {
  // As given: what `/dev/stdout` ends at may be a pipe, which has no name that could be opened.
  struct stat status = {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail_writing(errno, "opening");
  if (exists && S_ISDIR(status.st_mode)) fail_writing(EISDIR, "opening");
  if (!exists || S_ISREG(status.st_mode)) {
    open_temporary();
    return;
  }
  target_ = target;
  file_ =
      Descriptor(uninterrupted("atomic.open", [&] { return ::open(target_.c_str(), O_WRONLY | O_CLOEXEC); }));
  if (!file_) fail_writing(errno, "opening");
}

void AtomicFile::open_temporary() {
  while (true) {
    temporary_ = folder_of(target_) / temporary_name();
    file_ = Descriptor(uninterrupted("atomic.open", [&] {
      return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }));
    const int error = errno;
    if (!file_) temporary_.clear();  // it is not ours to remove
    if (!file_ && error == EEXIST) continue;
    if (!file_) fail_writing(error, "opening");

    // Between open and flock a sweep may have taken the file for abandoned: it holds the lock and is about to
    // unlink, or the file has no name left. A file system without locks knows no sweeps either.
    struct stat status = {};
    const int locked =
        uninterrupted("atomic.lock", [&] { return ::flock(file_.number(), LOCK_EX | LOCK_NB); });
    const bool swept = locked != 0 && errno == EWOULDBLOCK;
    if (!swept && ::fstat(file_.number(), &status) == 0 && status.st_nlink > 0) return;
    ::unlink(temporary_.c_str());
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  ensures(static_cast<bool>(file_), "an AtomicFile is not written after commit");
  while (!bytes.empty()) {
    const std::size_t count =
        fault::point("atomic.short_write").short_write ? (bytes.size() + 1) / 2 : bytes.size();
    const ssize_t written =
        uninterrupted("atomic.write", [&] { return ::write(file_.number(), bytes.data(), count); });
    if (written < 0) fail_writing(errno, "writing");
    bytes_written_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  ensures(static_cast<bool>(file_), "an AtomicFile is committed once");
  // A failed fsync is never tried again: the kernel may have dropped the dirty pages, and a second call would
  // lie.
  const bool direct = temporary_.empty();
  const int synchronised = uninterrupted("atomic.fsync", [&] { return ::fsync(file_.number()); });
  if (synchronised != 0 && !(direct && errno == EINVAL)) fail_writing(errno, "writing");

  // EINTR from close: on Linux the descriptor is gone and the data is already durable.
  const int injected = fault::point("atomic.close").error;
  const int closed = file_.close();
  if (injected != 0) errno = injected;
  if ((closed != 0 || injected != 0) && errno != EINTR) fail_writing(errno, "closing");
  if (direct) return;

  const int renamed =
      uninterrupted("atomic.rename", [&] { return ::rename(temporary_.c_str(), target_.c_str()); });
  if (renamed != 0) fail_writing(errno, "renaming");
  temporary_.clear();
  synchronise_folder();
}

void AtomicFile::synchronise_folder() {
  const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder)
    return;  // a folder that may be entered but not read: the rename stands, only its durability is unsaid
  const int synchronised = uninterrupted("atomic.fsync_folder", [&] { return ::fsync(folder.number()); });
  if (synchronised != 0 && errno != EINVAL)
    fail_writing(errno, "writing");  // EINVAL: a file system without it
}

void AtomicFile::fail_writing(int error, std::string_view doing) const {
  const bool no_space = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const bool refused = doing == "opening" && !no_space && error != EIO;
  std::error_code ignored;
  const std::string note = !fs::is_regular_file(target_, ignored) ? "no part of it was left behind"
                           : temporary_.empty()                   ? "the new contents are in place"
                                                                  : "the previous contents are intact";
  if (refused)
    fail({.kind = ErrorKind::resource,
          .code = "E0603",
          .message =
              fmt::format("cannot write `{}`: {}", target_.native(), reason_in(folder_of(target_), error))});
  if (!no_space)
    fail({.kind = ErrorKind::resource,
          .code = "E0604",
          .message = fmt::format("the disk reported `{}` while {} `{}`", std::strerror(error), doing,
                                 target_.native()),
          .note = note});
  const std::uint64_t needed = std::max(bytes_expected_, bytes_written_);
  const std::string limit = error == EDQUOT  ? "disk quota reached"
                            : error == EFBIG ? "limit on file size reached"
                                             : "no space left";
  fail({.kind = ErrorKind::resource,
        .code = "E0602",
        .message = fmt::format("{} while {} `{}` (needs {}{}, {})", limit, doing, target_.native(),
                               bytes_expected_ == 0 ? "more than " : "", human_size(needed),
                               free_space_near(target_)),
        .note = note,
        .help = "free space and run the same command again"});
}

void write_file_atomically(const fs::path& target, std::span<const std::byte> bytes) {
  AtomicFile file(target, bytes.size());
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const fs::path& target, std::string_view text) {
  write_file_atomically(target, std::as_bytes(std::span(text)));
}

void expect_writable_file(const fs::path& file) {
  struct stat status = {};
  const bool exists = ::stat(file.c_str(), &status) == 0;
  if (!file.has_filename() || (exists && S_ISDIR(status.st_mode)))
    fail({.kind = ErrorKind::resource,
          .code = "E0603",
          .message = fmt::format("cannot write `{}`: it is a folder", file.native()),
          .note = "checked before starting; nothing was computed",
          .help = "`--out` names a file here"});
  const bool takes_bytes_as_they_come = exists && !S_ISREG(status.st_mode);
  if (!takes_bytes_as_they_come) expect_writable_directory(fs::absolute(file).parent_path());
}

void expect_writable_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  // create_directories reports a plain file in the way as success on some versions of the library
  if (!error && !fs::is_directory(directory)) error = std::make_error_code(std::errc::not_a_directory);
  if (error)
    fail_unwritable(directory, error.value() == ENOENT
                                   ? fmt::format("the folder cannot be made ({})", std::strerror(ENOENT))
                                   : reason(error.value()));

  // Only a trial tells: access(2) knows nothing of read-only mounts, quotas and immutable folders.
  const fs::path trial = directory / temporary_name();
  const Descriptor file(uninterrupted("directory.trial", [&] {
    return ::open(trial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }));
  if (!file) fail_unwritable(directory, reason_in(directory, errno));
  ::unlink(trial.c_str());
  sweep_abandoned_temporaries(directory);
}

}  // namespace weir
