/// Everything that the study measures, before any table or page: images drawn, attacks run and judged, paths
/// traced and compared. Nothing here is formatted, nothing elsewhere is measured.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/attack.h"
#include "attacks/options.h"
#include "attacks/summary.h"
#include "models/evaluate.h"
#include "models/weights.h"
#include "study/paper.h"
#include "study/path_comparison.h"
#include "study/presets.h"

namespace weir {

/// Called when a stage starts and as it advances; done counts to total.
using StudyProgress = std::function<void(std::string_view stage, Index done, Index total)>;

struct StageTime {
  std::string stage;
  double seconds = 0;
};

/// The images of one role: which of a split, their pixels on the device, their labels.
struct DrawnImages {
  ImageSet set;
  Tensor images;  // [N, 3, 32, 32]
  Labels labels;
  Index count() const { return set.count(); }
};

/// One attack on one model, and the paths of what it made.
struct AttackRun {
  std::string name;    // "fgsm", as the command line has it
  std::string title;   // "FGSM"
  std::string colour;  // of palette.h
  std::vector<Setting> settings = {};
  Outcome outcome = {};
  AttackSummary summary = {};
  std::vector<Index> successes = {};  // rows of the attacked images
  Population adversarial = {};        // of the successes
  Population clean = {};              // the same images before the attack
  PathDistance input = {}, output = {};
  Measured output_minus_input = {};

  const PathDistance& distance(Side side) const { return side == Side::input ? input : output; }
  /// Too few successes have no paths worth comparing.
  bool comparable() const { return successes.size() >= 4; }
};

struct Experiment {
  Preset preset;
  std::uint64_t seed = 2018;
  StoredNetwork model;
  std::vector<LayerRow> layers = {};
  Evaluation accuracy = {};
  DrawnImages attacked = {};  // from the test images
  DrawnImages normal = {};    // from the training images
  Population normal_paths = {};
  Population clean_paths = {};  // of all attacked images that the model gets right
  NoiseFloor input_noise = {}, output_noise = {};
  std::vector<AttackRun> runs = {};
  std::vector<StageTime> times = {};

  const NoiseFloor& noise(Side side) const { return side == Side::input ? input_noise : output_noise; }
  /// Whether this is the network that the paper's numbers belong to, so that they may stand beside ours.
  bool of_the_papers_network() const;
};

struct ExperimentOptions {
  Preset preset;
  std::uint64_t seed = 2018;
  std::string data = "embedded";
  std::filesystem::path weights;
  Numerics numerics = Numerics::fast;  // of crafting
};

/// Throws what loading, attacking and tracing throw; usage when the data hold fewer images than the preset
/// draws; E0434 (damaged) when the network gets none of the attacked images right.
Experiment run_experiment(const ExperimentOptions& options, const Paper& paper, Device& device,
                          const StudyProgress& progress = {});

/// What an attack is told, from the primary readings in paper.json.
OptionTexts primary_reading(const Paper& paper, std::string_view attack);

}  // namespace weir
