/// A folder with everything a command reads, small enough for a test: a network of two convolutions, and
/// images.
#pragma once

#include <string>

#include "tensor/shape.h"
#include "tests/data/temporary_folder.h"

namespace weir {

/// weights.safetensors (random, 8 channels), images.npy [count,3,32,32] (random), labels.npy: what the
/// network says, so that every input counts as classified correctly.
class SmallRun {
 public:
  explicit SmallRun(Index count = 12);

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }
  Index count() const { return count_; }

 private:
  TemporaryFolder folder_;
  Index count_;
};

}  // namespace weir
