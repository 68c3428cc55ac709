/// OUT.rounds/: what a compression keeps between its rounds, and by what it is known again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tensor/shape.h"

namespace weir {

class RoundFolder {
 public:
  /// Nothing is touched yet. `identity`: equal for compressions that end with the same file.
  RoundFolder(const std::filesystem::path& out, std::string identity);

  const std::filesystem::path& path() const { return folder_; }
  const std::string& identity() const { return identity_; }
  /// Weights after a round, beside which train_model() keeps its log and checkpoints.
  std::filesystem::path weights(Index round) const;

  bool begun() const;
  /// True when what was begun is of this identity.
  bool begun_by_this() const;
  /// Notes whose folder it is.
  void begin() const;
  /// Everything but a lock, which is held.
  void clear() const;

  /// One line of JSON about a round, before those of its epochs.
  void note(Index round, std::string_view line) const;
  /// The notes and logs of the first rounds, one after the other.
  std::string log(Index rounds) const;

 private:
  std::filesystem::path note_file(Index round) const;
  std::filesystem::path identity_file() const { return folder_ / "compression"; }

  std::filesystem::path folder_;
  std::string identity_;
};

}  // namespace weir
