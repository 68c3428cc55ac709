#include "attacks/igsm.h"

#include <cmath>
#include <fmt/format.h>

#include "attacks/pixel_box.h"

namespace weir {
namespace {

/// A row without a direction would stand still for the rest of its steps: the same image, for less work.
std::vector<bool> rows_that_end(const Lockstep& rows, EarlyStop early_stop) {
  std::vector<bool> done;
  for (Index i = 0; i < rows.count(); ++i)
    done.push_back(rows.stuck(i) || (early_stop == EarlyStop::at_success && rows.fooled(i)));
  return done;
}

}  // namespace

Igsm::Igsm(const IgsmOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
  expects(options.step >= 0 && std::isfinite(options.step), "step must be 0 or more, found {}", options.step);
  expects(options.iterations >= 1, "iterations must be 1 or more, found {}", options.iterations);
}

Crafted Igsm::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  Tensor x = victims.images;
  PixelBox box = linf_box(x, options_.eps, victims.pixels);
  Ascent ascent(evaluator, victims, {.label = options_.label, .scale = options_.seed}, observer);
  Lockstep& rows = ascent.rows();
  for (Index number = 0; number < options_.iterations && rows.any(); ++number) {
    Tensor gradient = ascent.look(x).gradient;
    const std::vector<Index> kept = ascent.retire(x, rows_that_end(rows, options_.early_stop));
    keep_rows_of({&x, &gradient, &box.low, &box.high}, kept);
    step_inside(x, gradient, options_.step, box);
    rows.count_step();
  }
  return rows.finish(x);
}

std::unique_ptr<Attack> Igsm::make(OptionReader& options) {
  const IgsmOptions defaults;
  return std::make_unique<Igsm>(IgsmOptions{
      .eps = options.distance("eps", defaults.eps, "how far every pixel may move in all"),
      .step = options.distance("step", defaults.step, "how far a pixel moves in one iteration"),
      .iterations = options.count("iterations", defaults.iterations, "how many steps"),
      .early_stop = options.choice("early-stop", defaults.early_stop, early_stops,
                                   "success: keep the first that fools"),
      .label = options.choice("label", defaults.label, label_sources, "the class to move away from"),
      .seed = options.choice("seed-scale", defaults.seed, seed_scales,
                             "scaled: a gradient that cannot underflow"),
  });
}

std::vector<Setting> Igsm::settings() const {
  return {{"eps", fmt::format("{}", options_.eps)},
          {"step", fmt::format("{}", options_.step)},
          {"iterations", fmt::format("{}", options_.iterations)},
          {"early-stop", std::string(name_of(early_stops, options_.early_stop))},
          {"label", std::string(name_of(label_sources, options_.label))},
          {"seed-scale", std::string(name_of(seed_scales, options_.seed))}};
}

}  // namespace weir
