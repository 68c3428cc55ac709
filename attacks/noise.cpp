#include "attacks/noise.h"

#include "attacks/region.h"
#include "attacks/row_moves.h"
#include "attacks/row_scan.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<RandomValues>, 3> random_values = {
    {{"sign", RandomValues::sign}, {"uniform", RandomValues::uniform}, {"gaussian", RandomValues::gaussian}}};

/// Every row's vector stretched to length eps and added to x.
Tensor moved_by(const Tensor& x, const Tensor& vectors, const NoiseOptions& options) {
  std::vector<double> factors =
      options.norm == PixelNorm::linf ? row_peaks(vectors) : row_norms(vectors, PixelNorm::l2);
  for (double& factor : factors) factor = options.eps / factor;
  return add_scaled_rows(x, factors, vectors);
}

/// For observers: noise follows none.
Tensor no_gradient(const Tensor& x) { return Tensor::zeros(x.shape(), x.device(), x.dtype()); }

}  // namespace

void NoiseOptions::list(OptionVisitor& visit) {
  visit_ball(visit, norm, eps, "in which all noise is as long");
  visit.choice("values", values, random_values, "how pixels are drawn");
  visit.count("repeats", repeats, "how many draws; a row that fools is done");
}

Crafted Noise::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  Ascent ascent(evaluator, victims, {.loss = Loss::margin}, {});
  Lockstep& rows = ascent.rows();
  Region region(victims.images, *promise(), victims.pixels);
  BestAttempt best(victims.images);
  for (Index repeat = 0; repeat < options_.repeats && rows.any(); ++repeat) {
    const Tensor& originals = region.originals();
    const Tensor vectors = random_rows(originals, options_.values, rows.rngs(repeat));
    const Tensor x = region.project(moved_by(originals, vectors, options_));
    rows.count_step();
    const Tensor logits = evaluator.logits(x);
    rows.note(logits);
    const std::vector<double> objective = ascent.objective().values(logits);
    if (observer) observer({repeat, rows.task_rows(), x, no_gradient(x), logits, objective});
    best.offer(x, objective);
    const std::vector<Index> kept = ascent.retire(x, ascent.fooled());
    region.keep(kept);
    best.keep(kept);
  }
  return rows.finish(best.images());
}

}  // namespace weir
