/// What follows from the measurements: distances with their intervals and noise, rates of transfer, contrasts
/// that decide the paper's statements. Tables, figures and findings read this; nothing here is formatted.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "study/experiment.h"
#include "study/seed_resampling.h"

namespace weir {

/// Distances between the paths of normal images on one network: what no difference looks like.
struct NetworkNoise {
  NoiseFloor input, output;
  const NoiseFloor& side(Side which) const { return which == Side::input ? input : output; }
};

/// Q2, Table III: what an attack made for the original, there, against normal images and against the same
/// images before.
struct AttackDistance {
  const AttackRun* run = nullptr;
  SeedGroup adversarial = {};
  Population clean = {};
  PathDistance input = {}, output = {};
  Measured output_minus_input = {};
  std::array<double, 2> effect = {};  // paired Cohen's d, mean over layers of |d|: IIP, OIP
  /// Of the layer that tells adversarial from clean best, in either direction. The largest of many: above 0.5
  /// also where nothing differs.
  std::array<double, 2> best_auc = {};
  bool comparable() const { return adversarial.comparable(); }
  const PathDistance& distance(Side side) const { return side == Side::input ? input : output; }
};

/// Q2b: shares of draws of images whose OIP distances have the paper's order, and those with FGSM smallest.
struct OrderShares {
  double papers = 0;
  double fgsm_smallest = 0;
};

/// Q3, Table V: on one network, inputs made for it against inputs made for another.
struct TargetGap {
  std::string attack;  // key
  std::string title;
  const StudiedNetwork* measuring = nullptr;
  const StudiedNetwork* other = nullptr;
  std::string missing = {};
  SeedGroup own = {}, foreign = {};
  Measured input = {}, output = {}, average = {};
  bool there() const { return missing.empty(); }
};

/// Q3a: the gap on the other network of a pair minus the gap on the original.
struct GapContrast {
  std::string attack, title, missing = {};
  Measured difference = {};  // 90 % interval
};

/// Table VI and the matrix: inputs that fooled `run`'s target, shown to another network.
struct TransferRate {
  const AttackRun* run = nullptr;
  const StudiedNetwork* shown_to = nullptr;
  Rate all;          // wrong, of all that fooled the target
  Rate conditional;  // wrong, of those whose clean image the other network gets right, too
  Rate noise;        // the same images under noise of equal norm, of the same
  Rate to_target;    // given the class that was aimed at, of the conditional ones; attacks with a target
};

/// One cell of Table IX and of its counterparts for other attacks.
struct GridDistance {
  const StudiedNetwork* measuring = nullptr;
  const StudiedNetwork* target = nullptr;
  SeedGroup adversarial = {};
  Measured input = {}, output = {};
};
struct TargetGrid {
  std::string attack, title, missing = {};
  std::vector<Index> common = {};  // images that fooled all three networks
  std::vector<GridDistance> cells = {};
  std::vector<GridDistance> null = {};  // inputs for the original of another seed, measured on the original
  std::vector<Measured> own_lead = {};  // a row: own distance minus the largest other; 90 % interval
  bool comparable() const { return missing.empty() && common.size() >= 4; }
  const GridDistance& cell(std::string_view measuring, std::string_view target) const;
};

/// Q5b: on one network, inputs for another that fool it, too, and those that do not.
struct TransferablePaths {
  const AttackRun* run = nullptr;
  const StudiedNetwork* measuring = nullptr;
  SeedGroup transferable = {}, stuck = {};
  Measured transferable_distance = {}, stuck_distance = {};  // OIP, from normal
  double p_value = 1;  // that so few lie so much farther away by chance: labels shuffled at these sizes
  bool comparable() const { return transferable.comparable() && stuck.comparable(); }
};

/// Q4: regular and adaptive JSMA on the distilled network.
struct Defence {
  std::string missing = {};
  struct One {
    const AttackRun* run = nullptr;
    SeedGroup attacked = {};  // failures as they were left
    SeedGroup successes = {};
    Measured input = {}, output = {};  // of all that were attacked, from normal
    Measured output_of_successes = {};
  };
  One regular = {}, adaptive = {};
  Measured adaptive_minus_regular = {};  // OIP, 90 % interval
  bool there() const { return missing.empty(); }
};

/// Q1: images on their way through JSMA.
struct TrajectoryStatistics {
  std::string missing = {};
  struct Correlations {
    std::vector<double> from_start = {}, to_end = {};     // Spearman's rho with the iteration, an image each
    std::vector<double> moved = {};                       // distance of the last from the first, in nats
    Measured median_from_start = {}, median_to_end = {};  // 90 % interval over images
    Measured median_moved = {};
  };
  Correlations input = {}, output = {};
  Correlations scattered_input = {}, scattered_output = {};  // the same changes in random places
  bool there() const { return missing.empty(); }
};

struct Analysis {
  const Experiment& experiment;
  const Paper& paper;
  std::map<std::string, NetworkNoise, std::less<>> noise = {};  // by the key of the network
  std::vector<AttackDistance> distances = {};
  std::optional<OrderShares> order = {};  // none: not all four attacks are comparable
  std::vector<TargetGap> gaps = {};
  std::vector<GapContrast> gap_contrasts = {};  // the compressed network's minus the original's
  std::vector<TransferRate> transfers = {};
  std::vector<TargetGrid> grids = {};
  std::vector<TransferablePaths> transferable = {};
  Measured transferable_minus_stuck = {};  // mean over pairs, 90 % interval; n = 0: no pair is comparable
  Defence defence = {};
  TrajectoryStatistics trajectories = {};

  const NetworkNoise& noise_on(const StudiedNetwork& network) const;
  /// nullptr where that run is missing or the network was not asked.
  const TransferRate* transfer(std::string_view target, std::string_view attack,
                               std::string_view shown_to) const;
  ResampleOptions resampling(std::uint32_t stream) const;
};

Analysis analyse(const Experiment& experiment, const Paper& paper);

// The parts, each in a file of its own.
void analyse_distances(Analysis& analysis);     // Q2
void analyse_gaps(Analysis& analysis);          // Q3
void analyse_transfer(Analysis& analysis);      // Q3b, Q5
void analyse_grids(Analysis& analysis);         // Q5a
void analyse_transferable(Analysis& analysis);  // Q5b
void analyse_defence(Analysis& analysis);       // Q4
void analyse_trajectories(Analysis& analysis);  // Q1

/// One rate of transfer minus another on the same draws of images; 90 % interval.
Measured transfer_difference(const Analysis& analysis, const TransferRate& more, const TransferRate& less);

/// A run's inputs at some rows, on a network; without paths where they were not traced.
SeedGroup seed_group(const AttackRun& run, std::string_view network, std::vector<Index> rows);
/// Distance of a group from a network's normal images, with its interval.
Measured distance_from_normal(const Analysis& analysis, const StudiedNetwork& network, const SeedGroup& group,
                              Side side, std::uint32_t stream);

// Streams of resampling, apart for every question.
inline constexpr std::uint32_t stream_of_noise = 8, stream_of_attacks = 100, stream_of_order = 2000,
                               stream_of_gaps = 3000, stream_of_grids = 4000, stream_of_transferable = 5000,
                               stream_of_defence = 6000, stream_of_trajectories = 7000,
                               stream_of_transfer = 8000, stream_of_ensemble = 9000;

}  // namespace weir
