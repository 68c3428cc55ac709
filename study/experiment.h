/// Everything that the study measures, before any table or page: networks, attacks and judged inputs, paths.
/// All of it comes from cells; what follows from it is in analysis.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/summary.h"
#include "models/weights.h"
#include "study/attack_reading.h"
#include "study/measurer.h"
#include "study/path_comparison.h"
#include "study/plan.h"
#include "study/role.h"

namespace weir {

/// Called when a stage starts and as it advances; done counts to total, in image-passes of the original
/// network. A stage that was found finished is not told of.
using StudyProgress = std::function<void(std::string_view stage, Index done, Index total)>;

/// A network in its role. Where `missing` says why there is none, everything below it is empty.
struct StudiedNetwork {
  const Role* role = nullptr;
  std::string missing = {};
  std::filesystem::path weights = {};
  std::string fingerprint = {};  // XXH3-128 of the weights' file, the same whether it is compressed or not
  StoredNetwork stored = {};
  std::vector<LayerRow> layers = {};
  AccuracyCell accuracy = {};
  Answers clean_answers = {};          // to the attacked images
  std::vector<Path> clean_paths = {};  // of the attacked images, in their order
  Population normal = {};
  Population clean = {};  // of those attacked images that it gets right

  bool there() const { return missing.empty(); }
  std::string_view key() const { return role->key; }
  /// The network's own name where it is not the one that the paper's numbers belong to.
  std::string title() const;
  bool fits_role() const { return there() && fits(*role, stored.architecture); }
  AskedNetwork asked() const { return {stored.network.get(), fingerprint}; }
};

/// What a network says and does about a run's inputs.
struct RunOnNetwork {
  Answers answers = {};          // to all images of the run
  Answers noise_answers = {};    // to noise of the same norm, in the order of the successes
  std::vector<Path> paths = {};  // of the traced rows; empty where none were traced
};

/// One attack on one network.
struct AttackRun {
  PlannedRun planned;
  AttackReading reading;
  std::string missing = {};  // why it did not run
  std::vector<Setting> settings = {};
  AttackCell cell = {};
  AttackSummary summary = {};
  std::vector<Index> successes = {};                         // rows of the attacked images, ascending
  std::vector<Index> traced = {};                            // rows whose paths were traced, ascending
  std::map<std::string, RunOnNetwork, std::less<>> on = {};  // by the key of the network that was asked

  bool there() const { return missing.empty(); }
  const AttackRecord& record(Index row) const { return cell.records[static_cast<std::size_t>(row)]; }
  /// Paths of some of the traced rows on a network; nothing where they were not traced there.
  std::vector<Path> paths(std::string_view network, std::span<const Index> rows) const;
};

struct Experiment {
  Preset preset;
  std::uint64_t seed = 2018;
  bool full_test_set = false;                 // accuracies are of all 10,000 test images
  DrawnImages attacked = {};                  // from the test images
  DrawnImages normal = {};                    // from the training images
  std::vector<StudiedNetwork> networks = {};  // one a role, in their order
  std::vector<AttackRun> runs = {};           // as planned
  std::vector<TrajectoryCell> trajectories = {};
  std::vector<std::vector<Path>> scattered = {};  // of each trajectory: its changes, in random places
  std::string missing_trajectories = {};          // why there are none

  const StudiedNetwork& network(std::string_view role) const;
  const StudiedNetwork& original() const { return network("original"); }
  /// Throws Error (bug) where none was planned.
  const AttackRun& run(std::string_view target, std::string_view attack) const;
};

struct ExperimentOptions {
  Preset preset;
  std::uint64_t seed = 2018;
  std::string data = "embedded";
  std::filesystem::path weights = {};  // the original; empty: the networks that come with Weir
  RoleFiles others = {};               // in place of those, or beside `weights`
  Numerics numerics = Numerics::fast;  // of crafting
  std::filesystem::path cells = {};    // the folder of the cells
  bool only_from_cells = false;
  std::function<bool()> should_stop = {};
  CellStore::Listener listener = {};  // of cells that cannot be used
};

/// Throws what loading, attacking and tracing throw; usage when the data hold fewer images than the preset
/// draws; E0434 (damaged) when the original network gets none of the attacked images right; StudyStopped.
Experiment run_experiment(const ExperimentOptions& options, const Paper& paper, Device& device,
                          std::set<std::string>& used_cells, const StudyProgress& progress = {});

/// Which weights each role has, or why it has none.
struct RoleWeights {
  std::filesystem::path file = {};
  std::string missing = {};
};
RoleWeights weights_of(const Role& role, const ExperimentOptions& options);

}  // namespace weir
