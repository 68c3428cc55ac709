/// The iterative gradient sign method, also called BIM: many small steps of FGSM, held within eps of the
/// original.
#pragma once

#include "attacks/ascent.h"

namespace weir {

struct IgsmOptions {
  double eps = 0.025;   // data units, absolute
  double step = 0.002;  // data units; ten of them end at 0.020, inside the ball
  Index iterations = 10;
  EarlyStop early_stop = EarlyStop::none;
  LabelSource label = LabelSource::prediction;
  SeedScale seed = SeedScale::faithful;

  void list(OptionVisitor& visit);
};

/// Kurakin, Goodfellow & Bengio 2017, "Adversarial examples in the physical world", section 2.2, with the
/// reading of cleverhans 2.0: the label is fixed at the clean input, no random start, no early stop. Our ball
/// and range are one box of pixels rounded once; cleverhans rounds x + (x' - x) anew in every step and may
/// differ by an ulp.
class Igsm : public Attack {
 public:
  using Options = IgsmOptions;
  /// Throws Error (usage) unless eps and step are finite and not negative and there is at least one
  /// iteration.
  explicit Igsm(const IgsmOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "igsm"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{PixelNorm::linf, options_.eps}; }
  IgsmOptions options_;
};

}  // namespace weir
