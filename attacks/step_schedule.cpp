#include "attacks/step_schedule.h"

#include <algorithm>

#include "attacks/lockstep.h"

namespace weir {

std::vector<Index> step_checkpoints(Index iterations) {
  std::vector<Index> checkpoints;
  // in hundredths, since 0.22 and 0.06 are no binary fractions and a ceiling must not see that
  Index before = 0, now = 22;
  while (now <= 100) {
    const Index step = (now * iterations + 99) / 100;
    if (checkpoints.empty() || step > checkpoints.back()) checkpoints.push_back(step);
    const Index next = now + std::max(now - before - 3, Index{6});
    before = now;
    now = next;
  }
  return checkpoints;
}

StepSchedule::StepSchedule(std::span<const double> objective, Index iterations, double first_step)
    : checkpoints_(step_checkpoints(iterations)),
      steps_(objective.size(), first_step),
      improved_(objective.size()),
      halved_(objective.size()) {
  for (const double value : objective)
    rows_.push_back(
        {.best = value, .latest = value, .best_at_checkpoint = value, .step_at_checkpoint = first_step});
}

bool StepSchedule::gets_on(const Progress& row, double step, Index window) const {
  const bool oscillates = 4 * row.rises < 3 * window;
  const bool stands = row.step_at_checkpoint == step && row.best_at_checkpoint == row.best;
  return !oscillates && !stands;
}

void StepSchedule::note(std::span<const double> objective) {
  ++taken_;
  const bool checkpoint = next_ < checkpoints_.size() && taken_ == checkpoints_[next_];
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Progress& row = rows_[i];
    row.rises += objective[i] > row.latest;
    row.latest = objective[i];
    improved_[i] = objective[i] > row.best;
    if (improved_[i]) row.best = objective[i];
    halved_[i] = false;
    if (!checkpoint) continue;
    halved_[i] = !gets_on(row, steps_[i], taken_ - last_checkpoint_);
    row.rises = 0;
    row.best_at_checkpoint = row.best;
    row.step_at_checkpoint = steps_[i];
    if (!halved_[i]) continue;
    steps_[i] /= 2;
    row.latest = row.best;
  }
  if (!checkpoint) return;
  last_checkpoint_ = taken_;
  ++next_;
}

std::vector<double> StepSchedule::best() const {
  std::vector<double> values;
  for (const Progress& row : rows_) values.push_back(row.best);
  return values;
}

void StepSchedule::keep(std::span<const Index> rows) {
  keep_entries(rows_, rows);
  keep_entries(steps_, rows);
  for (std::vector<bool>* flags : {&improved_, &halved_}) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      (*flags)[i] = static_cast<bool>((*flags)[static_cast<std::size_t>(rows[i])]);
    flags->resize(rows.size());
  }
}

}  // namespace weir
