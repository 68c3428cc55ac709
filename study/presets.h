/// How much of the study is computed: `--preset quick` on a laptop in three minutes, `--preset paper` at the
/// paper's sizes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "study/table.h"

namespace weir {

/// Options that an attack is told instead of its own, by the attack's name.
using Reductions = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

struct Preset {
  std::string name;
  Settings settings = Settings::reduced;
  Index attacked_images = 0;
  Index normal_images = 0;
  Index accuracy_images = 0;                   // 0: all test images at hand
  Index replicates = 0;                        // of every resampling
  Index pictures = 0;                          // columns of Figure 1
  Index trajectories = 0;                      // images of Figure 3
  std::vector<std::string> attacks = {};       // on the original network: Q2
  std::vector<std::string> across = {};        // on every network: Q3 and Q5
  std::vector<std::string> alternatives = {};  // other readings, shown without a verdict
  Reductions reductions = {};
  std::string remark =
      {};  // why it is reduced although its file says otherwise; empty: it is as its file says
};

/// Throws Error: usage (E0207) for a name that is no preset, damaged (E0441) for a file that cannot be read
/// as one.
Preset read_preset(const std::filesystem::path& path, const std::string& name);

/// The preset on data of these sizes: nothing is as printed that was not drawn from the paper's 50,000 and
/// 10,000 images.
Preset on_data(Preset preset, Index training_images, Index test_images);

/// The preset with another number of attacked images. Fewer than it says are reduced settings; more only
/// narrow the intervals.
Preset with_attacked_images(Preset preset, Index count);

}  // namespace weir
