#include "attacks/fgsm.h"

#include "attacks/ascent.h"
#include "tensor/ops/pointwise.h"

namespace weir {

void FgsmOptions::list(OptionVisitor& visit) {
  visit.distance("eps", eps, "how far every pixel may move");
  visit.choice("label", label, label_sources, "the class to move away from");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
}

Crafted Fgsm::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  const Tensor& x = victims.images;
  Ascent ascent(evaluator, victims, {.label = options_.label, .scale = options_.seed}, observer);
  const Tensor gradient = ascent.look(x).gradient;
  ascent.rows().count_step();
  return ascent.rows().finish(clip(x + options_.eps * sign(gradient), victims.pixels));
}

}  // namespace weir
