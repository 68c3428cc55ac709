#include "attacks/fgsm.h"

#include <cmath>
#include <fmt/format.h>

#include "attacks/ascent.h"
#include "tensor/ops/pointwise.h"

namespace weir {

Fgsm::Fgsm(const FgsmOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
}

Crafted Fgsm::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  const Tensor& x = victims.images;
  Ascent ascent(evaluator, victims, {.label = options_.label, .scale = options_.seed}, observer);
  const Tensor gradient = ascent.look(x).gradient;
  ascent.rows().count_step();
  return ascent.rows().finish(clip(x + options_.eps * sign(gradient), victims.pixels));
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
