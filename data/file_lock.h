/// One program at a time in an output folder.
#pragma once

#include <filesystem>

#include "data/descriptor.h"

namespace weir {

/// Holds `DIR/.lock` until it goes out of scope. The kernel frees the lock of a process that died, so none is
/// stale. Throws Error of kind resource: E0601 names who holds it, E0603 when the folder cannot be written.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& directory);

 private:
  Descriptor file_;
};

}  // namespace weir
