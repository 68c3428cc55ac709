#include "attacks/apgd.h"

#include <algorithm>

#include "attacks/region.h"
#include "attacks/step_schedule.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

constexpr double share_of_step = 0.75;  // the rest is momentum

std::vector<std::int32_t> wrong_classes(const Lockstep& rows, const Victims& victims, Index rank) {
  std::vector<std::int32_t> chosen;
  for (Index i = 0; i < rows.count(); ++i) chosen.push_back(victims.wrong_class(rows.victim(i), rank));
  return chosen;
}

/// One run of the rows under way.
struct Run {
  Tensor x, gradient, before, best, best_gradient;

  void keep(std::span<const Index> rows) {
    keep_rows_of({&x, &gradient, &before, &best, &best_gradient}, rows);
  }
  void take_notice(const StepSchedule& schedule) {
    overwrite_rows(best, x, schedule.improved());
    overwrite_rows(best_gradient, gradient, schedule.improved());
    overwrite_rows(x, best, schedule.halved());
    overwrite_rows(gradient, best_gradient, schedule.halved());
  }
};

}  // namespace

void Apgd::climb(Ascent& ascent, Region& region, BestAttempt& best, const Tensor& start) const {
  const auto end_those_that_fool = [&](Run& run) {
    const std::vector<Index> kept = ascent.retire(run.x, ascent.fooled());
    run.keep(kept);
    region.keep(kept);
    best.keep(kept);
    return kept;
  };
  const Ascent::Look here = ascent.look(start);
  Run run{
      .x = start, .gradient = here.gradient, .before = start, .best = start, .best_gradient = here.gradient};
  std::vector<double> objective = ascent.objective().values(here.logits);
  keep_entries(objective, end_those_that_fool(run));
  StepSchedule schedule(objective, options_.iterations, 2 * options_.eps);
  for (Index number = 0; number < options_.iterations && ascent.rows().any(); ++number) {
    const Tensor z = region.step(run.x, run.gradient, schedule.steps());
    const Tensor mixed =
        add_scaled(add_scaled(run.x, share_of_step, z - run.x), 1 - share_of_step, run.x - run.before);
    run.before = run.x;
    run.x = number == 0 ? z : region.project(mixed);
    ascent.rows().count_step();

    const Ascent::Look look = ascent.look(run.x);
    run.gradient = look.gradient;
    objective = ascent.objective().values(look.logits);
    const std::vector<Index> kept = end_those_that_fool(run);
    keep_entries(objective, kept);
    schedule.keep(kept);
    schedule.note(objective);
    run.take_notice(schedule);
  }
  best.offer(run.best, schedule.best());
}

void ApgdOptions::list(OptionVisitor& visit) {
  visit_ball(visit, norm, eps, "of the ball");
  visit.count("iterations", iterations, "how many steps from each start");
  visit.count("restarts", restarts, "how many starts; a row that fools is done");
  visit.choice("loss", loss, apgd_losses, "what is climbed");
  visit.count("target-classes", target_classes, "of dlr-targeted: how many wrong classes are tried");
  visit.choice("start", start, starts, "where each begins");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
}

Crafted Apgd::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  const Loss loss = options_.loss == ApgdLoss::cross_entropy ? Loss::cross_entropy : Loss::dlr;
  const bool aims = options_.loss == ApgdLoss::dlr_targeted && !victims.targeted();
  const Index runs = aims ? std::min(options_.target_classes, victims.classes - 1) : 1;
  Ascent ascent(evaluator, victims, {.loss = loss, .scale = options_.seed}, observer);
  Lockstep& rows = ascent.rows();
  Region region(victims.images, *promise(), victims.pixels);
  BestAttempt best(victims.images);
  for (Index number = 0; number < options_.restarts * runs && rows.any(); ++number) {
    rows.forget_failures();
    if (aims) ascent.objective().aim_at(wrong_classes(rows, victims, number % runs));
    climb(ascent, region, best,
          options_.start == Start::clean ? region.originals() : region.random_points(rows.rngs(number)));
  }
  return rows.finish(best.images());
}

}  // namespace weir
