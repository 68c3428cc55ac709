/// Random noise as large as an attack's perturbation: the control that shows how much of a success is mere
/// size.
#pragma once

#include "attacks/ascent.h"
#include "attacks/random_rows.h"

namespace weir {

struct NoiseOptions {
  PixelNorm norm = PixelNorm::linf;
  double eps = 16.0 / 255;  // data units: 8/255 of the pixel range
  RandomValues values = RandomValues::sign;
  Index repeats = 1;

  void list(OptionVisitor& visit);
};

/// r = eps * u / |u|, u drawn pixel by pixel, so that every draw has the whole length eps before the pixel
/// range cuts it; signs give the largest l2 that an l-infinity ball has. A row that fools the crafting batch
/// is done; the others try again and return the draw that came closest. No gradient is asked for.
class Noise : public Attack {
 public:
  using Options = NoiseOptions;
  /// Throws Error (usage) unless eps is finite and not negative and there is at least one repeat.
  explicit Noise(const NoiseOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "noise"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  std::optional<Ball> promise() const override { return Ball{options_.norm, options_.eps}; }
  NoiseOptions options_;
};

}  // namespace weir
