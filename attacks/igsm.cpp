#include "attacks/igsm.h"

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

void IgsmOptions::list(OptionVisitor& visit) {
  visit.distance("eps", eps, "how far every pixel may move in all");
  visit.distance("step", step, "how far a pixel moves in one iteration");
  visit.count("iterations", iterations, "how many steps");
  visit.choice("early-stop", early_stop, early_stops, "success: keep the first that fools");
  visit.choice("label", label, label_sources, "the class to move away from");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
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

}  // namespace weir
