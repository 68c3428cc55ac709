/// The fast gradient sign method: one step, as far as allowed, in the direction in which the loss grows
/// fastest.
#pragma once

#include "attacks/attack.h"
#include "attacks/seeds.h"

namespace weir {

struct FgsmOptions {
  double eps = 0.025;  // data units, absolute
  LabelSource label = LabelSource::prediction;
  SeedScale seed = SeedScale::faithful;

  void list(OptionVisitor& visit);
};

/// Goodfellow, Shlens & Szegedy 2015, "Explaining and harnessing adversarial examples", section 4, with the
/// reading of cleverhans 2.0: own prediction as label, sum over images, clip to the pixel range.
class Fgsm : public Attack {
 public:
  using Options = FgsmOptions;
  /// Throws Error (usage) unless 0 <= eps < infinity.
  explicit Fgsm(const FgsmOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "fgsm"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{PixelNorm::linf, options_.eps}; }
  FgsmOptions options_;
};

}  // namespace weir
