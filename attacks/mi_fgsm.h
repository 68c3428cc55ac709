/// The momentum iterative fast gradient sign method: IGSM that follows a running sum of normalised gradients,
/// which carries it over bumps and makes its images fool other networks more often.
#pragma once

#include "attacks/ascent.h"

namespace weir {

struct MiFgsmOptions {
  PixelNorm norm = PixelNorm::linf;
  double eps = 16.0 / 255;  // data units: 8/255 of the pixel range
  double step = 1.6 / 255;  // data units: eps / iterations, so that the last step can end at the border
  Index iterations = 10;
  double decay = 1;  // how much of the sum each iteration keeps
  EarlyStop early_stop = EarlyStop::none;
  LabelSource label = LabelSource::prediction;
  SeedScale seed = SeedScale::faithful;

  void list(OptionVisitor& visit);
};

/// Dong et al. 2018, "Boosting adversarial attacks with momentum", algorithm 1:
/// v <- decay * v + g / |g|_1, x <- project(x + step * sign(v)); in an l2 ball v / |v|_2 takes the place of
/// the sign. A gradient that vanishes adds nothing to v; a NaN ends its row.
class MiFgsm : public Attack {
 public:
  using Options = MiFgsmOptions;
  /// Throws Error (usage) unless eps, step and decay are finite and not negative and there is at least one
  /// iteration.
  explicit MiFgsm(const MiFgsmOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "mi-fgsm"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{options_.norm, options_.eps}; }
  MiFgsmOptions options_;
};

}  // namespace weir
