/// The study's plan turned into steps, each as long as one part of one network's work, and run in order.
#pragma once

#include <string>
#include <vector>

#include "study/experiment.h"

namespace weir {

class StudySteps {
 public:
  struct Means {
    const ImageSet& test;
    CellStore& store;
    Device& device;
    const ExperimentOptions& options;
  };
  StudySteps(Experiment& experiment, const Means& means);

  /// Fills the experiment. Throws E0434 (damaged), StudyStopped and what measuring throws.
  void run(const StudyProgress& progress);

 private:
  struct Step {
    std::string stage;
    double passes = 0;  // about how many, of the original network
    std::function<void()> body;
  };
  void plan_network(StudiedNetwork& network);
  void plan_run(AttackRun& run);
  void plan_measuring(AttackRun& run, const StudiedNetwork& network);
  void plan_trajectories();
  double relative_size(const StudiedNetwork& network) const;
  double passes_of(const AttackRun& run) const;
  void attack(AttackRun& run);
  /// On the networks of Q5 as one; the first of them judges.
  AttackCell attack_together(const Attack& attack);
  void measure(AttackRun& run, const StudiedNetwork& network);
  void follow(Index image);
  Tensor equal_noise(const AttackRun& run) const;

  Experiment& experiment_;
  Means means_;
  double done_ = 0, current_ = 0, total_ = 0;
  std::string_view stage_;
  const StudyProgress* progress_ = nullptr;
  Measurer measurer_;
  std::vector<Step> steps_;
};

/// Gaussian noise on each original, as long in l2 as what was changed there, then clipped to the range of
/// pixels: what a change of that size does by itself. All [N, 3, 32, 32]; a row's noise depends on its id.
std::vector<float> noise_of_equal_norm(std::span<const float> originals, std::span<const float> changed,
                                       std::span<const Index> ids, std::uint64_t seed);

/// A control for an image on its way, [steps + 1, 3, 32, 32], whose first is the original: every change at
/// the same step and of the same size, but of another value, then clipped to the range of pixels. Each value
/// has one partner all along, drawn at random; the draw depends on `id`.
std::vector<float> in_random_places(std::span<const float> on_the_way, Index id, std::uint64_t seed);

}  // namespace weir
