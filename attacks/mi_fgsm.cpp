#include "attacks/mi_fgsm.h"

#include <cmath>
#include <fmt/format.h>

#include "attacks/region.h"
#include "attacks/row_moves.h"
#include "attacks/row_scan.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

/// decay * v + g / |g|_1
Tensor gathered(const Tensor& velocity, double decay, const Tensor& gradient) {
  std::vector<double> factors;
  for (const double norm : row_norms(gradient, PixelNorm::l1))
    factors.push_back(norm > 0 && std::isfinite(norm) ? 1 / norm : 0);
  return add_scaled_rows(decay * velocity, factors, gradient);
}

/// Without a first gradient there is no velocity either: such a row would stand still to the end. Later
/// momentum goes on where the gradient does not, but not over a NaN.
std::vector<bool> rows_that_end(const Lockstep& rows, EarlyStop early_stop, bool first) {
  std::vector<bool> done;
  for (Index i = 0; i < rows.count(); ++i)
    done.push_back((first ? rows.stuck(i) : rows.broken(i)) ||
                   (early_stop == EarlyStop::at_success && rows.fooled(i)));
  return done;
}

}  // namespace

MiFgsm::MiFgsm(const MiFgsmOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
  expects(options.step >= 0 && std::isfinite(options.step), "step must be 0 or more, found {}", options.step);
  expects(options.decay >= 0 && std::isfinite(options.decay), "decay must be 0 or more, found {}",
          options.decay);
  expects(options.iterations >= 1, "iterations must be 1 or more, found {}", options.iterations);
}

Crafted MiFgsm::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  Ascent ascent(evaluator, victims, {.label = options_.label, .scale = options_.seed}, observer);
  Lockstep& rows = ascent.rows();
  Region region(victims.images, *promise(), victims.pixels);
  Tensor x = victims.images;
  Tensor velocity = Tensor::zeros(x.shape(), x.device(), x.dtype());
  for (Index number = 0; number < options_.iterations && rows.any(); ++number) {
    Tensor gradient = ascent.look(x).gradient;
    const std::vector<Index> kept = ascent.retire(x, rows_that_end(rows, options_.early_stop, number == 0));
    keep_rows_of({&x, &gradient, &velocity}, kept);
    region.keep(kept);
    rows.forget_failures();  // only gradients that vanished are left
    velocity = gathered(velocity, options_.decay, gradient);
    x = region.step(x, velocity, std::vector<double>(rows.count(), options_.step));
    rows.count_step();
  }
  return rows.finish(x);
}

std::unique_ptr<Attack> MiFgsm::make(OptionReader& options) {
  const MiFgsmOptions defaults;
  const PixelNorm norm = options.choice("norm", defaults.norm, ball_norms, "of the ball");
  const double eps = read_radius(options, norm);
  const Index iterations = options.count("iterations", defaults.iterations, "how many steps");
  return std::make_unique<MiFgsm>(MiFgsmOptions{
      .norm = norm,
      .eps = eps,
      .step = options.length("step", norm, eps / static_cast<double>(iterations),
                             "how far an iteration goes (otherwise eps / iterations)"),
      .iterations = iterations,
      .decay = options.real("decay", defaults.decay, "how much of the sum of gradients each step keeps",
                            zero_or_more),
      .early_stop = options.choice("early-stop", defaults.early_stop, early_stops,
                                   "success: keep the first that fools"),
      .label = options.choice("label", defaults.label, label_sources, "the class to move away from"),
      .seed = options.choice("seed-scale", defaults.seed, seed_scales,
                             "scaled: a gradient that cannot underflow"),
  });
}

std::vector<Setting> MiFgsm::settings() const {
  return {{"norm", std::string(name_of(ball_norms, options_.norm))},
          {"eps", fmt::format("{}", options_.eps)},
          {"iterations", fmt::format("{}", options_.iterations)},
          {"step", fmt::format("{}", options_.step)},
          {"decay", fmt::format("{}", options_.decay)},
          {"early-stop", std::string(name_of(early_stops, options_.early_stop))},
          {"label", std::string(name_of(label_sources, options_.label))},
          {"seed-scale", std::string(name_of(seed_scales, options_.seed))}};
}

}  // namespace weir
