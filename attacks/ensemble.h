/// Several networks attacked as one: their logits stand side by side, and a fusion says what loss they have
/// together.
#pragma once

#include <array>
#include <vector>

#include "attacks/option_visitor.h"
#include "layers/evaluator.h"

namespace weir {

/// What the members' losses become, all members weighing the same. probabilities: the loss of the mean
/// softmax (Liu et al. 2017, "Delving into transferable adversarial examples and black-box attacks", section
/// 5); logits: of the mean logits (Dong et al. 2018, "Boosting adversarial attacks with momentum", section
/// 3.4); losses: the mean of the members' own losses.
enum class Fusion { probabilities, logits, losses };

constexpr std::array<NamedValue<Fusion>, 3> fusions = {
    {{"probabilities", Fusion::probabilities}, {"logits", Fusion::logits}, {"losses", Fusion::losses}}};

/// [N, C, H, W] -> [N, members * classes], the first member's logits first. A pass through it is one through
/// every member.
class Ensemble : public Module {
 public:
  /// The members must outlive it and give as many classes each.
  explicit Ensemble(std::vector<const Module*> members);
  Index size() const { return static_cast<Index>(members_.size()); }
  const Module& member(Index i) const { return *members_[static_cast<std::size_t>(i)]; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Ensemble>(*this); }

 private:
  Var forward(const Var& x) const override;
  std::vector<const Module*> members_;
};

/// The logits that the members speak with together, for probabilities and logits; probabilities come as
/// log(mean_i softmax(z_i)) by log-sum-exp, so that nothing underflows. [n, M * classes] -> [n, classes]
Tensor fused_logits(const Tensor& logits, Index classes, Fusion fusion);

/// The cotangents [n, M * classes] of the fused loss, from the rule for one network's. For probabilities and
/// cross-entropy they are w_i (p_i - e_y) with w = softmax_i(log p_i,y). One network's rule stays as it is.
SeedRule fused_seeds(SeedRule rule, Index classes, Fusion fusion);

}  // namespace weir
