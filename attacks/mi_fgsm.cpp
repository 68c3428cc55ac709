#include "attacks/mi_fgsm.h"

#include <cmath>

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

void MiFgsmOptions::list(OptionVisitor& visit) {
  visit_ball(visit, norm, eps, "of the ball");
  visit.count("iterations", iterations, "how many steps");
  visit.default_to(step, eps / static_cast<double>(iterations));
  visit.length("step", norm, step, "how far an iteration goes (otherwise eps / iterations)");
  visit.real("decay", decay, "how much of the sum of gradients each step keeps", zero_or_more);
  visit.choice("early-stop", early_stop, early_stops, "success: keep the first that fools");
  visit.choice("label", label, label_sources, "the class to move away from");
  visit.choice("seed-scale", seed, seed_scales, "scaled: a gradient that cannot underflow");
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

}  // namespace weir
