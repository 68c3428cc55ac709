/// How much of the study is computed: `--preset quick` on a laptop in a minute, `--preset paper` at the
/// paper's sizes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/table.h"

namespace weir {

struct Preset {
  std::string name;
  Settings settings = Settings::reduced;
  Index attacked_images = 0;
  Index normal_images = 0;
  Index accuracy_images = 0;  // 0: all test images at hand
  Index replicates = 0;       // of every resampling
  Index pictures = 0;         // columns of Figure 1
  std::vector<std::string> attacks = {};
};

/// Throws Error: usage (E0207) for a name that is no preset, damaged (E0441) for a file that cannot be read
/// as one.
Preset read_preset(const std::filesystem::path& path, const std::string& name);

}  // namespace weir
