/// DeepFool: again and again the shortest way to the nearest decision boundary, as if the network were
/// affine.
#pragma once

#include "attacks/attack.h"

namespace weir {

/// Whose program is followed; they differ in more than their defaults.
/// foolbox1 (Foolbox 0.12 to 2): every step is 1 + overshoot times as long as needed and clipped to the pixel
/// range; only classes below the label are aimed at; 100 steps, overshoot 0.05. Where clipping takes more of
/// every step than the overshoot adds, an image creeps up to the boundary and fails.
/// reference (the authors' program): steps add up, 1 + overshoot times their sum is asked about, each goes
/// 1e-4 too far; pixels are clipped at the end only; 50 steps, overshoot 0.02.
/// foolbox3 (Foolbox 3): as the reference, with pixels clipped in every step.
enum class DeepFoolReading { foolbox1, reference, foolbox3 };

struct DeepFoolOptions {
  DeepFoolReading reading = DeepFoolReading::foolbox1;
  Index steps = 100;
  double overshoot = 0.05;
  Index candidates = 10;  // classes that matter, the label among them: the likeliest at the clean image
  PixelNorm norm = PixelNorm::l2;  // what is kept small: l2 or linf

  /// The defaults of that program.
  static DeepFoolOptions of(DeepFoolReading reading);

  void list(OptionVisitor& visit);
};

/// Moosavi-Dezfooli, Fawzi & Frossard 2016, "DeepFool: a simple and accurate method to fool deep neural
/// networks", algorithm 2. With f_k = z_k - z_y and w_k its gradient, l = argmin |f_k| / |w_k|, a step is
/// |f_l| / |w_l|^2 w_l (linf: |f_l| / |w_l|_1 sign(w_l)); the first iterate that is not classified as y is
/// the result. Untargeted only.
class DeepFool : public Attack {
 public:
  using Options = DeepFoolOptions;
  /// Throws Error (usage) unless there is a step, a class besides the label and an overshoot of 0 or more, or
  /// for other norms.
  explicit DeepFool(const DeepFoolOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "deepfool"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }
  bool takes_targets() const override { return false; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  DeepFoolOptions options_;
};

}  // namespace weir
