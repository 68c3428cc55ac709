/// On the way in: is the task sound, what does the model say now, and which inputs are worth attacking?
#pragma once

#include <vector>

#include "attacks/attack.h"

namespace weir {

/// What the model said about the inputs before anything was done to them.
struct CleanAnswers {
  Index classes = 0;
  std::vector<double> logits;         // [N, classes]
  std::vector<std::int32_t> answers;  // [N], no_class where logits are NaN

  std::span<const double> logits_of(Index row) const;
};

/// Throws Error (usage) unless images are [N, C, H, W] with finite pixels inside the range and one label,
/// target and id each. `reach` is the radius that the attack promises, if any: it must fit the pixel range.
void check_task(const AttackTask& task, const std::optional<Ball>& reach);

/// Asks the model. Throws Error (usage) for labels or targets that are no class, for a target that is the
/// truth, and for a network whose outputs are probabilities: the loss would take a softmax of a softmax.
CleanAnswers ask_about_clean(Evaluator& judge, const AttackTask& task);

/// The rows that the model gets right, on `device`.
Victims choose_victims(const AttackTask& task, const CleanAnswers& clean, Device& device);

}  // namespace weir
