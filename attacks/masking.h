/// The gradient-masking doctor: does an attack fail because the network is robust, or because its gradients
/// lead nowhere? Athalye, Carlini & Wagner 2018, "Obfuscated gradients give a false sense of security",
/// section 3, and arithmetic of our own.
#pragma once

#include <string>
#include <vector>

#include "attacks/summary.h"

namespace weir {

struct MaskingOptions {
  double eps = 16.0 / 255;  // l-infinity, data units: of every attack below
  Index iterations = 20;    // of PGD, from the clean input, with steps of eps / 4
};

/// Over the inputs that the network gets right.
struct MaskingDiagnosis {
  MaskingOptions options;
  /// Inputs whose cross-entropy gradient is all zero in float arithmetic though the same direction computed
  /// without underflow (SeedScale::scaled) is not: masking by arithmetic, not robustness.
  Rate vanished;
  /// Of the components of all other inputs' gradients, those whose sign underflow changes.
  double sign_disagreement = 0;
  Rate one_step;    // FGSM's successes
  Rate many_steps;  // PGD's on the cross-entropy
  Rate on_logits;   // PGD's on the margin, which does not saturate
  Rate noise;       // of random signs, each as large as eps
  Rate not_rising;  // inputs whose cross-entropy is no higher at PGD's last step than at its first
};

/// Costs up to 2 * iterations + 5 forward passes and 2 * iterations + 3 backward passes an image, besides
/// verdicts. Throws Error (usage) for an eps of 0, at which no loss rises, and what attacks throw.
MaskingDiagnosis diagnose_masking(Evaluator& evaluator, const AttackTask& task,
                                  const MaskingOptions& options = {});

/// What is suspicious about it, a sentence each; none for a network whose gradients are what they seem. Rates
/// are compared by their intervals, so that few inputs raise no suspicion.
std::vector<std::string> signs_of_masking(const MaskingDiagnosis& diagnosis);

}  // namespace weir
