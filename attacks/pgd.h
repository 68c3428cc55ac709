/// Projected gradient descent: many steps of steepest ascent inside a ball, from random places of it.
#pragma once

#include "attacks/ascent.h"

namespace weir {

struct PgdOptions {
  PixelNorm norm = PixelNorm::linf;
  double eps = 16.0 / 255;  // data units: 8/255 of the pixel range
  double step = 4.0 / 255;  // data units: 2/255
  Index iterations = 40;    // in each restart
  Index restarts = 1;
  Start start = Start::random;
  EarlyStop early_stop = EarlyStop::at_success;
  Loss loss = Loss::cross_entropy;
  SeedScale seed = SeedScale::faithful;

  void list(OptionVisitor& visit);
};

/// Madry et al. 2018, "Towards deep learning models resistant to adversarial attacks", section 2.1:
/// x <- project(x + step * d), where d is sign(g) in an l-infinity ball and g / |g|_2 in an l2 ball, from a
/// start drawn uniformly from the ball. A row that fools the crafting batch is done; the others start again
/// elsewhere and return the attempt of the highest loss, so that restarts and steps can only help. A row's
/// start depends on its generator and the number of the restart, on nothing else.
class Pgd : public Attack {
 public:
  using Options = PgdOptions;
  /// Throws Error (usage) unless eps and step are finite and not negative and there is at least one
  /// iteration and restart.
  explicit Pgd(const PgdOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "pgd"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{options_.norm, options_.eps}; }
  PgdOptions options_;
};

}  // namespace weir
