/// The step sizes of APGD: each row halves its own when it no longer gets on, and then returns to the best
/// point it has seen.
#pragma once

#include <span>
#include <vector>

#include "tensor/shape.h"

namespace weir {

/// After how many of `iterations` steps the size is looked at. Croce & Hein 2020, section 3: w_j = ceil(p_j
/// N) with p_0 = 0, p_1 = 0.22, p_{j+1} = p_j + max(p_j - p_{j-1} - 0.03, 0.06).
std::vector<Index> step_checkpoints(Index iterations);

class StepSchedule {
 public:
  /// objective: of the start, one number a row.
  StepSchedule(std::span<const double> objective, Index iterations, double first_step);

  /// Books the objective after one more step of every row, and at a checkpoint halves the step of a row when
  /// (1) fewer than 3/4 of the steps since the last one raised it, or (2) neither the step nor the best
  /// objective has changed since the last one.
  void note(std::span<const double> objective);
  /// How far each row goes next.
  const std::vector<double>& steps() const { return steps_; }
  /// Whether the latest point is a row's best.
  const std::vector<bool>& improved() const { return improved_; }
  /// Whether a row's step was just halved, so that it goes on from its best point.
  const std::vector<bool>& halved() const { return halved_; }
  std::vector<double> best() const;
  /// Of the rows, only these stay.
  void keep(std::span<const Index> rows);

 private:
  struct Progress {
    double best, latest;
    double best_at_checkpoint, step_at_checkpoint;
    Index rises = 0;
  };
  bool gets_on(const Progress& row, double step, Index window) const;

  std::vector<Index> checkpoints_;
  std::size_t next_ = 0;
  Index taken_ = 0, last_checkpoint_ = 0;
  std::vector<Progress> rows_;
  std::vector<double> steps_;
  std::vector<bool> improved_, halved_;
};

}  // namespace weir
