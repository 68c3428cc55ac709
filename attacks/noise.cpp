#include "attacks/noise.h"

#include <cmath>
#include <fmt/format.h>

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

Noise::Noise(const NoiseOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
  expects(options.repeats >= 1, "repeats must be 1 or more, found {}", options.repeats);
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

std::unique_ptr<Attack> Noise::make(OptionReader& options) {
  const NoiseOptions defaults;
  const PixelNorm norm = options.choice("norm", defaults.norm, ball_norms, "in which all noise is as long");
  return std::make_unique<Noise>(NoiseOptions{
      .norm = norm,
      .eps = read_radius(options, norm),
      .values = options.choice("values", defaults.values, random_values, "how pixels are drawn"),
      .repeats = options.count("repeats", defaults.repeats, "how many draws; a row that fools is done"),
  });
}

std::vector<Setting> Noise::settings() const {
  return {{"norm", std::string(name_of(ball_norms, options_.norm))},
          {"eps", fmt::format("{}", options_.eps)},
          {"values", std::string(name_of(random_values, options_.values))},
          {"repeats", fmt::format("{}", options_.repeats)}};
}

}  // namespace weir
