/// What the study computes once, each as a value and as a file: accuracies, attacks, answers, paths,
/// trajectories. Tables, figures and findings are functions of these and of nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "data/safetensors.h"
#include "infoflow/information_path.h"
#include "models/evaluate.h"

namespace weir {

/// A network on labelled images.
struct AccuracyCell {
  Evaluation evaluation = {};
  std::vector<std::int64_t> right = {};  // [N]: 1 where the answer is the label

  SafetensorsFile encoded() const;
  static AccuracyCell decoded(const SafetensorsFile& cell);
};

/// What a network says about images, each shown alone: bits do not depend on the batch.
struct Answers {
  std::vector<std::int64_t> classes = {};  // [N]
  std::vector<double> confidences = {};    // [N], of that class

  Index count() const { return static_cast<Index>(classes.size()); }
  SafetensorsFile encoded() const;
  static Answers decoded(const SafetensorsFile& cell);
};

/// An attack on some images: its records, and the images that it made.
struct AttackCell {
  std::vector<AttackRecord> records = {};  // [N]
  std::vector<float> images = {};          // [N, 3, 32, 32]
  Cost crafting = {}, judging = {};        // of the computing that filled the cell

  SafetensorsFile encoded() const;
  static AttackCell decoded(const SafetensorsFile& cell);
};

/// Information paths of some images on one network.
struct PathsCell {
  std::vector<Path> paths = {};  // [N]

  SafetensorsFile encoded() const;
  static PathsCell decoded(const SafetensorsFile& cell);
};

/// One image on its way through an iterative attack: what it was before each step, and at the end.
struct TrajectoryCell {
  std::vector<Path> paths = {};    // [steps + 1]
  std::vector<float> images = {};  // [steps + 1, 3, 32, 32]
  AttackRecord record = {};

  SafetensorsFile encoded() const;
  static TrajectoryCell decoded(const SafetensorsFile& cell);
};

}  // namespace weir
