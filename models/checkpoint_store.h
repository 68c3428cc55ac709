/// Two generations of a checkpoint in a folder: a damaged or half-made one is never the only one.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "data/safetensors.h"
#include "tensor/check.h"

namespace weir {

class CheckpointStore {
 public:
  /// Nothing is touched until save(); the folder must exist then.
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes over the older generation, all or nothing.
  void save(SafetensorsFile checkpoint);

  struct Found {
    SafetensorsFile file;
    std::filesystem::path path;
  };
  /// The newest generation that is whole; nothing when there is none at all. A damaged one is renamed to end
  /// in `.bad` and `warn` hears of it (W0420). Throws Error E0421 (damaged) when none of those found is
  /// whole.
  std::optional<Found> latest(const std::function<void(const Diagnosis&)>& warn);

  bool empty() const;
  /// Removes the checkpoints, damaged ones as well, and leaves whatever else is there, such as a lock.
  void clear();

 private:
  std::filesystem::path path_of(int slot) const;

  std::filesystem::path folder_;
  std::int64_t generation_ = 0;  // of the newest one
  int newest_slot_ = 1;
};

}  // namespace weir
