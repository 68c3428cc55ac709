#include "attacks/fgsm.h"

#include <cmath>
#include <fmt/format.h>

#include "attacks/lockstep.h"
#include "tensor/ops/pointwise.h"

namespace weir {

Fgsm::Fgsm(const FgsmOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
}

Crafted Fgsm::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  const Tensor& x = victims.images;
  const CrossEntropy loss{label_weights(victims, options_.label), victims.targeted(), options_.seed};
  Lockstep rows(victims);
  const Answer answer = evaluator.query(x, cross_entropy_seeds(loss));
  const Tensor gradient = answer.gradients.reshaped(x.shape());
  rows.note(answer.logits, gradient);
  if (observer)
    observer({0, rows.task_rows(), x, gradient, answer.logits, objective_values(loss, answer.logits)});

  rows.count_step();
  return rows.finish(clip(x + options_.eps * sign(gradient), victims.pixels));
}

std::unique_ptr<Attack> Fgsm::make(OptionReader& options) {
  const FgsmOptions defaults;
  return std::make_unique<Fgsm>(FgsmOptions{
      .eps = options.distance("eps", defaults.eps, "how far every pixel may move"),
      .label = options.choice("label", defaults.label, label_sources, "the class to move away from"),
      .seed = options.choice("seed-scale", defaults.seed, seed_scales,
                             "scaled: a gradient that cannot underflow"),
  });
}

std::vector<Setting> Fgsm::settings() const {
  return {{"eps", fmt::format("{}", options_.eps)},
          {"label", std::string(name_of(label_sources, options_.label))},
          {"seed-scale", std::string(name_of(seed_scales, options_.seed))}};
}

}  // namespace weir
