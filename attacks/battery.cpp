#include "attacks/battery.h"

#include "attacks/apgd.h"
#include "attacks/noise.h"
#include "attacks/region.h"

namespace weir {
namespace {

/// What a member spent comes on top of what those before it did.
void add_up(Effort& sum, const Effort& part) {
  const bool first_gradient = sum.backwards == 0 && part.backwards > 0;
  if (first_gradient) sum.zero_gradient_share = part.zero_gradient_share;
  if (sum.first_success < 0 && part.first_success >= 0)
    sum.first_success = sum.iterations + part.first_success;
  sum.iterations += part.iterations;
  sum.forwards += part.forwards;
  sum.backwards += part.backwards;
  sum.failure = part.failure;
}

}  // namespace

void BatteryOptions::list(OptionVisitor& visit) {
  visit_ball(visit, norm, eps, "of the ball");
  visit.count("iterations", iterations, "how many steps in each run of APGD");
  visit.count("restarts", restarts, "how many starts APGD takes");
  visit.count("target-classes", target_classes, "how many wrong classes APGD aims at");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
}

Battery::Battery(const BatteryOptions& options) : options_(checked(options)) {
  members_.push_back(std::make_shared<Noise>(NoiseOptions{.norm = options.norm, .eps = options.eps}));
  for (const ApgdLoss loss : {ApgdLoss::cross_entropy, ApgdLoss::dlr, ApgdLoss::dlr_targeted})
    members_.push_back(std::make_shared<Apgd>(ApgdOptions{.norm = options.norm,
                                                          .eps = options.eps,
                                                          .iterations = options.iterations,
                                                          .restarts = options.restarts,
                                                          .loss = loss,
                                                          .target_classes = options.target_classes,
                                                          .seed = options.seed}));
}

Crafted Battery::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  Ascent ascent(evaluator, victims, {.loss = Loss::margin}, {});
  Lockstep& rows = ascent.rows();
  BestAttempt best(victims.images);
  for (const auto& member : members_) {
    if (!rows.any()) break;
    const Crafted attempt = crafted_by(*member, evaluator, victims.chosen(rows.victims()), observer);
    for (Index i = 0; i < rows.count(); ++i)
      add_up(rows.effort(i), attempt.efforts[static_cast<std::size_t>(i)]);
    best.offer(attempt.images, ascent.glance(attempt.images));
    best.keep(ascent.retire(attempt.images, ascent.fooled()));
  }
  return rows.finish(best.images());
}

}  // namespace weir
