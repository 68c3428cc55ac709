/// Carlini & Wagner's L2 attack: the smallest distance at which the logits are as the attack wants them,
/// found by descending distance + c f for several constants c.
#pragma once

#include "attacks/attack.h"

namespace weir {

/// When the descent is given up for the present c because its loss stands still. row: by each image's own
/// loss. batch: by the sum over all images of the batch, as cleverhans 2 does, whose answers therefore depend
/// on the batch; a sum above 1e6 at the first look ends the step, too. never: all iterations are taken.
enum class CwAbort { row, batch, never };

/// Where Adam's epsilon stands. tf: epsilon-hat, added to the uncorrected root of the mean square, as in
/// TensorFlow 1. torch: added to the corrected one, as in PyTorch and in the paper of Adam.
enum class CwAdam { tf, torch };

/// The study's text says "learning rate c = 0.25", which may mean Adam's learning rate (the default here) or
/// the constant: learning_rate 5e-3, initial_constant 0.25.
struct CwOptions {
  double kappa = 0;                // logits: the lead that counts as success
  double learning_rate = 0.25;     // of Adam, in tanh space
  double initial_constant = 1e-2;  // on pixels in [-1, 1]; distances are squared data units
  Index binary_steps = 5;          // constants tried
  Index iterations = 1000;         // of each
  CwAbort abort = CwAbort::row;
  CwAdam adam = CwAdam::tf;
  Index batch = 128;  // images worked on at once

  void list(OptionVisitor& visit);
};

/// Carlini & Wagner 2017, "Towards evaluating the robustness of neural networks", section V with f_6 and
/// section VI.A, with the reading of cleverhans 2.0: minimise |x' - x|^2 + c max(0, z_y - max_{k != y} z_k +
/// kappa) (targeted: the other way round), x' = tanh of free variables, Adam started anew for each c; c is
/// halved towards the last failure after a success, and multiplied by 10 after failures until one succeeds.
/// A c whose gradient underflows to zero has failed. Each image has its own c, step and iteration, and the
/// next image takes the place of a finished one. Failures are returned as the original, bit for bit.
class Cw : public Attack {
 public:
  using Options = CwOptions;
  /// Throws Error (usage) unless kappa is 0 or more and learning rate, constant and counts are positive.
  explicit Cw(const CwOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "cw"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  CwOptions options_;
};

}  // namespace weir
