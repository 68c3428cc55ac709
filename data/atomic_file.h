/// Writing a file so that it is there whole or not at all, whenever the machine stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "data/descriptor.h"

namespace weir {

/// A file under construction. Its bytes go to `.tmp-<pid>-<random>` in the target's folder; commit() makes
/// them durable and renames, so that readers see the old file or the new one and never a part. Without
/// commit() nothing remains. A device or pipe (`/dev/stdout`) cannot be renamed over and is written directly.
///
/// Throws Error of kind resource that names the file: E0602 no space, E0603 not writable, E0604 the disk
/// failed. A limit on file size (RLIMIT_FSIZE) is reported as E0602 only where SIGXFSZ is ignored, which
/// programs must do.
class AtomicFile {
 public:
  /// `bytes_expected` is only for the message when the disk is full; 0 means unknown.
  explicit AtomicFile(const std::filesystem::path& target, std::uint64_t bytes_expected = 0);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void commit();

 private:
  void open_temporary();
  void synchronise_folder();
  [[noreturn]] void fail_writing(int error, std::string_view doing) const;

  std::filesystem::path target_;     // links followed: the link stays, what it points to is replaced
  std::filesystem::path temporary_;  // empty when the target is written directly, and after the rename
  std::uint64_t bytes_expected_;
  std::uint64_t bytes_written_ = 0;
  Descriptor file_;
};

void write_file_atomically(const std::filesystem::path& target, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& target, std::string_view text);

/// Creates the folder if need be, proves by a trial that files can be made in it, and sweeps away what killed
/// writers left there. Call it before computing anything. Throws Error of kind resource (E0603).
void expect_writable_directory(const std::filesystem::path& directory);

/// The same of the folder that a file will be in, and that no folder is in the file's place; nothing for a
/// device or pipe, beside which nothing is made.
void expect_writable_file(const std::filesystem::path& file);

}  // namespace weir
