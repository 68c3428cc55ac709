#include "attacks/pgd.h"

#include <cmath>
#include <fmt/format.h>

#include "attacks/region.h"

namespace weir {

Pgd::Pgd(const PgdOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
  expects(options.step >= 0 && std::isfinite(options.step), "step must be 0 or more, found {}", options.step);
  expects(options.iterations >= 1, "iterations must be 1 or more, found {}", options.iterations);
  expects(options.restarts >= 1, "restarts must be 1 or more, found {}", options.restarts);
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

std::unique_ptr<Attack> Pgd::make(OptionReader& options) {
  const PgdOptions defaults;
  const PixelNorm norm = options.choice("norm", defaults.norm, ball_norms, "of the ball");
  const double eps = read_radius(options, norm);
  return std::make_unique<Pgd>(PgdOptions{
      .norm = norm,
      .eps = eps,
      .step = options.length("step", norm, eps / 4, "how far an iteration goes (otherwise eps / 4)"),
      .iterations = options.count("iterations", defaults.iterations, "how many steps from each start"),
      .restarts = options.count("restarts", defaults.restarts, "how many starts; a row that fools is done"),
      .start = options.choice("start", defaults.start, starts, "where each begins"),
      .early_stop = options.choice("early-stop", defaults.early_stop, early_stops,
                                   "success: keep the first that fools"),
      .loss = options.choice("loss", defaults.loss, loss_names, "what is climbed"),
      .seed = options.choice("seed-scale", defaults.seed, seed_scales,
                             "scaled: a gradient that cannot underflow"),
  });
}

std::vector<Setting> Pgd::settings() const {
  return {{"norm", std::string(name_of(ball_norms, options_.norm))},
          {"eps", fmt::format("{}", options_.eps)},
          {"step", fmt::format("{}", options_.step)},
          {"iterations", fmt::format("{}", options_.iterations)},
          {"restarts", fmt::format("{}", options_.restarts)},
          {"start", std::string(name_of(starts, options_.start))},
          {"early-stop", std::string(name_of(early_stops, options_.early_stop))},
          {"loss", std::string(name_of(loss_names, options_.loss))},
          {"seed-scale", std::string(name_of(seed_scales, options_.seed))}};
}

}  // namespace weir
