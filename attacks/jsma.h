/// The Jacobian-based saliency map attack: two features at a time, chosen by how much they do for the target
/// and against all other classes. It changes few features, and those by much.
#pragma once

#include "attacks/feature_domain.h"
#include "attacks/saliency.h"
#include "attacks/target_race.h"

namespace weir {

/// What happens where no pair of features helps, also since all slopes underflow. fail: the row ends.
/// cleverhans: the argmax of a matrix of zeros is its corner, so the first feature moves twice, in this
/// iteration and in every further one: a defence whose gradients underflow looks as if it had been attacked.
enum class NoPair { fail, cleverhans };

/// What gamma is a share of: the C H W features, or the H W pixels.
enum class GammaOf { features, pixels };

struct JsmaOptions {
  double theta = 0.1;  // data units; how far a feature moves, once. Below 0: features go down
  double gamma = 0.1;  // the share that may change; pairs are gamma / 2 of it, rounded down
  SaliencyOptions saliency = {};
  NoPair no_pair = NoPair::fail;
  GammaOf gamma_of = GammaOf::features;
  FeatureOrder order = FeatureOrder::nchw;
  Index candidates = 9;  // likeliest wrong classes that race where a task has no targets

  void list(OptionVisitor& visit);
};

/// Papernot, McDaniel, Jha et al. 2016, "The limitations of deep learning in adversarial settings",
/// algorithms 1 to 3, with the reading of cleverhans 2.0: slopes of probabilities, a feature moves once, and
/// features at their bound from the start never do. With a = d p_t / dx and b = d(sum of the others) / dx it
/// moves the pair that maximises -(a_p + a_q)(b_p + b_q) where the first sum is positive and the second
/// negative; for theta < 0 the signs are the other way round (cleverhans up to 3.1 raises features even
/// then). Where a task has no targets, all wrong classes race; an image whose rows all fall short of theirs
/// is a failure, even if it ended in a wrong class. Feature positions decide between equal scores: cleverhans
/// counts them pixel by pixel (`nhwc`), we channel by channel. Temperature 40 is the adaptive attack on
/// defensive distillation.
class Jsma : public Attack {
 public:
  using Options = JsmaOptions;
  /// Throws Error (usage) unless theta is finite and not 0, gamma is in (0, 1], the temperature is positive,
  /// and temperature and scaled seeds are asked of probabilities only, the latter of analytic ones.
  explicit Jsma(const JsmaOptions& options = {}) : options_(checked(options)) {}
  std::string_view name() const override { return "jsma"; }
  std::vector<Setting> settings() const override { return settings_of(options_); }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims,
                  const AttackObserver& observer) const override;
  Index most_pairs(const Shape& images) const;
  std::vector<FeaturePair> choose_pairs(const Slopes& slopes, const Tensor& domain) const;
  std::vector<bool> rows_that_end(Lockstep& rows, const TargetRace& race,
                                  const std::vector<FeaturePair>& pairs) const;
  JsmaOptions options_;
};

}  // namespace weir
