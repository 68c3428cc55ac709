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
  std::string remark =
      {};  // why it is reduced although its file says otherwise; empty: it is as its file says
};

/// Throws Error: usage (E0207) for a name that is no preset, damaged (E0441) for a file that cannot be read
/// as one.
Preset read_preset(const std::filesystem::path& path, const std::string& name);

/// The preset on data of these sizes: nothing is as printed that was not drawn from the paper's 50,000 and
/// 10,000 images.
Preset on_data(Preset preset, Index training_images, Index test_images);

}  // namespace weir
