#include "attacks/deepfool.h"

#include <array>

#include "attacks/boundary_walk.h"
#include "attacks/lockstep.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<DeepFoolReading>, 3> readings = {{{"foolbox1", DeepFoolReading::foolbox1},
                                                                  {"reference", DeepFoolReading::reference},
                                                                  {"foolbox3", DeepFoolReading::foolbox3}}};
constexpr std::array<NamedValue<PixelNorm>, 2> norms = {{{"l2", PixelNorm::l2}, {"linf", PixelNorm::linf}}};

BoundaryOptions boundary_options(const DeepFoolOptions& options) {
  return {.norm = options.norm,
          .guard = options.reading == DeepFoolReading::reference ? 0 : 1e-8,
          .losing_candidates_only = options.reading == DeepFoolReading::foolbox1};
}

WalkOptions walk_options(const DeepFoolOptions& options, Range pixels) {
  const bool summed = options.reading != DeepFoolReading::foolbox1;
  return {.norm = options.norm,
          .steps = !summed                                         ? Steps::each
                   : options.reading == DeepFoolReading::reference ? Steps::summed
                                                                   : Steps::summed_and_clipped,
          .beyond = summed ? 1e-4 : 0,
          .stretch = 1 + options.overshoot,
          .pixels = pixels};
}

/// Fooling rows, and rows without a direction: no gradient, a broken one, or no class that they may be pushed
/// to.
std::vector<bool> rows_that_end(Lockstep& rows, const std::vector<Boundary>& nearest) {
  std::vector<bool> done;
  for (Index i = 0; i < rows.count(); ++i) {
    const bool nowhere = !nearest.empty() && nearest[static_cast<std::size_t>(i)].candidate < 0;
    if (nowhere && !rows.stuck(i)) rows.effort(i).failure = AttackStatus::fail_zero_gradient;
    done.push_back(nowhere || rows.stuck(i) || rows.fooled(i));
  }
  return done;
}

std::vector<double> gains(const std::vector<Boundary>& nearest) {
  std::vector<double> values;
  for (const Boundary& boundary : nearest) values.push_back(-boundary.lead);
  return values;
}

}  // namespace

DeepFoolOptions DeepFoolOptions::of(DeepFoolReading reading) {
  DeepFoolOptions options{.reading = reading};
  if (reading == DeepFoolReading::foolbox1) return options;
  options.steps = 50;
  options.overshoot = 0.02;
  return options;
}

void DeepFoolOptions::list(OptionVisitor& visit) {
  visit.choice("reading", reading, readings, "whose program is followed");
  visit.default_to(steps, of(reading).steps);
  visit.count("steps", steps, "at most (other readings: 50)");
  visit.default_to(overshoot, of(reading).overshoot);
  visit.real("overshoot", overshoot, "share by which a step goes beyond the boundary (other readings: 0.02)",
             zero_or_more);
  visit.count("candidates", candidates, "likeliest classes, the label among them", 2);
  visit.choice("norm", norm, norms, "what is kept small");
}

Crafted DeepFool::perturb(Evaluator& evaluator, const Victims& victims,
                          const AttackObserver& observer) const {
  const Candidates candidates(victims, options_.candidates - 1);
  BoundaryWalk walk(victims.images, walk_options(options_, victims.pixels));
  Lockstep rows(victims);
  const auto end = [&](const std::vector<bool>& done) {
    if (options_.reading == DeepFoolReading::reference)  // nobody has asked about the clipped images
      for (Index i = 0; i < rows.count(); ++i) rows.effort(i).claims_success = false;
    walk.keep(rows.retire(clip(walk.images(), victims.pixels), done));
  };
  for (Index number = 0; number < options_.steps && rows.any(); ++number) {
    const Answer answer =
        evaluator.query(walk.images(), difference_seeds(candidates, rows.victims()), candidates.count());
    const auto nearest = nearest_boundaries(answer, candidates, rows.victims(), boundary_options(options_));
    walk.aim(answer, nearest);
    rows.note(answer.logits, walk.gradients());
    for (Index i = 0; i < rows.count(); ++i) rows.effort(i).backwards += candidates.count() - 1;
    if (observer)
      observer({number, rows.task_rows(), walk.images(), walk.gradients(), answer.logits, gains(nearest)});

    end(rows_that_end(rows, nearest));
    if (!rows.any()) break;
    walk.step();
    rows.count_step();
    // A pass of its own: K backward passes for a row that turns out to fool would cost more.
    rows.note(evaluator.logits(walk.images()));
    end(rows_that_end(rows, {}));
  }
  return rows.finish(clip(walk.images(), victims.pixels));
}

}  // namespace weir
