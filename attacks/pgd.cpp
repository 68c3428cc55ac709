#include "attacks/pgd.h"

#include "attacks/region.h"

namespace weir {

void PgdOptions::list(OptionVisitor& visit) {
  visit_ball(visit, norm, eps, "of the ball");
  visit.default_to(step, eps / 4);
  visit.length("step", norm, step, "how far an iteration goes (otherwise eps / 4)");
  visit.count("iterations", iterations, "how many steps from each start");
  visit.count("restarts", restarts, "how many starts; a row that fools is done");
  visit.choice("start", start, starts, "where each begins");
  visit.choice("early-stop", early_stop, early_stops, "success: keep the first that fools");
  visit.choice("loss", loss, loss_names, "what is climbed");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
}

Crafted Pgd::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  Ascent ascent(evaluator, victims, {.loss = options_.loss, .scale = options_.seed}, observer);
  Lockstep& rows = ascent.rows();
  Region region(victims.images, *promise(), victims.pixels);
  BestAttempt best(victims.images);
  Tensor x, gradient;
  const auto end_those_that_fool = [&] {
    const std::vector<Index> kept = ascent.retire(x, ascent.fooled());
    keep_rows_of({&x, &gradient}, kept);
    region.keep(kept);
    best.keep(kept);
  };
  for (Index restart = 0; restart < options_.restarts && rows.any(); ++restart) {
    rows.forget_failures();
    x = options_.start == Start::clean ? region.originals() : region.random_points(rows.rngs(restart));
    for (Index number = 0; number < options_.iterations && rows.any(); ++number) {
      gradient = ascent.look(x).gradient;
      if (options_.early_stop == EarlyStop::at_success) end_those_that_fool();
      x = region.step(x, gradient, std::vector<double>(rows.count(), options_.step));
      rows.count_step();
    }
    if (!rows.any()) break;
    best.offer(x, ascent.glance(x));
    end_those_that_fool();
  }
  return rows.finish(best.images());
}

}  // namespace weir
