/// The worst case over several attacks, input by input: what is left standing is what none of them broke.
#pragma once

#include <memory>
#include <vector>

#include "attacks/ascent.h"

namespace weir {

struct BatteryOptions {
  PixelNorm norm = PixelNorm::linf;
  double eps = 16.0 / 255;  // data units: 8/255 of the pixel range
  Index iterations = 100;   // of each run of APGD
  Index restarts = 1;
  Index target_classes = 9;
  SeedScale seed = SeedScale::scaled;  // a worst case has no use for gradients that underflow

  void list(OptionVisitor& visit);
};

/// Noise, APGD on the cross-entropy, APGD on the DLR loss, and that one towards each of the likeliest wrong
/// classes, in this order; after Croce & Hein 2020 (attacks/apgd.h), without their two attacks of other
/// kinds. A member sees only rows that stand so far, with the random numbers that it would have alone, so
/// that what a member breaks by itself is broken here. Averages over attacks say little about robustness;
/// the worst case of each input is what its rate counts.
class Battery : public Attack {
 public:
  using Options = BatteryOptions;
  /// Throws Error (usage) for what its members refuse.
  explicit Battery(const BatteryOptions& options = {});
  std::string_view name() const override { return "battery"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }
  const std::vector<std::shared_ptr<const Attack>>& members() const { return members_; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{options_.norm, options_.eps}; }
  BatteryOptions options_;
  std::vector<std::shared_ptr<const Attack>> members_;
};

}  // namespace weir
