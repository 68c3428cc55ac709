/// The folder that a command writes into: proved writable and locked before anything is computed, sealed by a
/// manifest with the fingerprint of every file that went in or came out.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/command.h"
#include "data/file_lock.h"
#include "data/npy.h"
#include "study/manifest.h"

namespace weir {

class Session;

class RunFolder {
 public:
  /// Of the session's --out; under --dry-run nothing is touched. Throws Error (resource) E0601, E0603.
  explicit RunFolder(const Session& session);
  /// Where the run ends before anything was written, what was made for it goes.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view text);
  template <class Value>
  void write(const std::string& name, const NpyArray<Value>& array) {
    write_npy(path_ / name, array);
    outputs_.push_back(name);
  }
  /// Say so before reading a file: its fingerprint is taken now. Throws Error: E0302 (missing) when it cannot
  /// be read, E0215 (usage) when it lies in this folder, where writing would reach it.
  void reads(const std::string& file);
  /// Writes manifest.json, last. `images` says where those that were used come from, `settings` what the
  /// command was told or assumed, `status` what it answers.
  void seal(std::string images, std::vector<Fact> settings = {}, ExitStatus status = ExitStatus::done);

 private:
  void remove_what_was_made();

  const Session& session_;
  std::vector<HashedFile> inputs_;
  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // folders that were not there, innermost first
  std::string started_;                      // UTC
  std::chrono::steady_clock::time_point clock_;
  std::optional<FileLock> lock_;
  std::vector<std::string> outputs_;
};

}  // namespace weir
