/// Auto-PGD: projected gradient descent with momentum that chooses its own step sizes.
#pragma once

#include "attacks/ascent.h"

namespace weir {

class Region;

/// ce and dlr as they are called everywhere; dlr_targeted climbs towards the likeliest wrong classes one
/// after the other, though any wrong answer counts.
enum class ApgdLoss { cross_entropy, dlr, dlr_targeted };

constexpr std::array<NamedValue<ApgdLoss>, 3> apgd_losses = {
    {{"ce", ApgdLoss::cross_entropy}, {"dlr", ApgdLoss::dlr}, {"dlr-targeted", ApgdLoss::dlr_targeted}}};

struct ApgdOptions {
  PixelNorm norm = PixelNorm::linf;
  double eps = 16.0 / 255;  // data units: 8/255 of the pixel range
  Index iterations = 100;   // in each run
  Index restarts = 1;
  ApgdLoss loss = ApgdLoss::cross_entropy;
  Index target_classes = 9;  // of dlr_targeted, at most; an attack with targets has its own
  Start start = Start::random;
  SeedScale seed = SeedScale::faithful;

  void list(OptionVisitor& visit);
};

/// Croce & Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse
/// parameter-free attacks", algorithm 1: z = project(x + eta d), then
/// x <- project(x + 3/4 (z - x) + 1/4 (x - x_before)), d the steepest direction of the norm. eta begins at
/// 2 eps and is halved row by row (attacks/step_schedule.h), the row then going on from its best point. A row
/// that fools the crafting batch is done; the others return the attempt of the highest loss.
class Apgd : public Attack {
 public:
  using Options = ApgdOptions;
  /// Throws Error (usage) unless eps is finite and not negative and all counts are 1 or more.
  explicit Apgd(const ApgdOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "apgd"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{options_.norm, options_.eps}; }
  void climb(Ascent& ascent, Region& region, BestAttempt& best, const Tensor& start) const;
  ApgdOptions options_;
};

}  // namespace weir
