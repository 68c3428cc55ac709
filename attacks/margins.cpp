#include "attacks/margins.h"

#include "tensor/kernels/launch.h"

namespace weir {
namespace {

/// Keeps dlr finite when the leading classes tie, as in the authors' code.
constexpr double smallest_spread = 1e-12;

/// The place of the `rank`-th largest logit, from 0; of equal ones the first class comes first.
template <class Real>
WEIR_HD Index place_of_rank(const Real* z, Index classes, Index rank) {
  for (Index k = 0; k < classes; ++k) {
    Index ahead = 0;
    for (Index other = 0; other < classes; ++other)
      ahead += z[other] > z[k] || (z[other] == z[k] && other < k);
    if (ahead == rank) return k;
  }
  return 0;  // NaN among them
}

/// The largest class but `without`.
template <class Real>
WEIR_HD Index largest_other(const Real* z, Index classes, Index without) {
  return place_of_rank(z, classes, place_of_rank(z, classes, 0) == without ? 1 : 0);
}

/// value = (z_t - z_y) / spread, and what it is made of.
template <class Real>
struct MarginParts {
  Index label, target;
  Index first = 0, third = 0, fourth = 0;
  Real lead, spread = 1;

  WEIR_HD MarginParts(Margin margin, const Real* z, Index classes, Rivals rivals)
      : label(rivals.label), target(rivals.target) {
    if (target < 0)
      target = largest_other(z, classes, label);
    else if (margin == Margin::cw)
      label = largest_other(z, classes, target);
    lead = z[target] - z[label];
    if (margin == Margin::cw) return;
    first = place_of_rank(z, classes, 0);
    third = place_of_rank(z, classes, 2);
    fourth = rivals.target < 0 ? third : place_of_rank(z, classes, 3);
    spread = z[first] - (z[third] + z[fourth]) / 2 + static_cast<Real>(smallest_spread);
  }
};

/// One row of cotangents per call.
template <class Real>
struct MarginSeeds {
  Margin margin;
  Index classes;
  const Real* logits;
  const std::int32_t* rivals;  // label and target of each row
  Real* seeds;
  WEIR_HD void operator()(Index row) const {
    const Real* z = logits + row * classes;
    const MarginParts<Real> m(margin, z, classes, {rivals[2 * row], rivals[2 * row + 1]});
    Real* dz = seeds + row * classes;
    for (Index k = 0; k < classes; ++k) dz[k] = 0;
    dz[m.target] += 1 / m.spread;
    dz[m.label] -= 1 / m.spread;
    if (margin == Margin::cw) return;
    const Real slope = m.lead / m.spread / m.spread;
    dz[m.first] -= slope;
    dz[m.third] += slope / 2;
    dz[m.fourth] += slope / 2;
  }
};

}  // namespace

Index classes_needed(Margin margin, bool targeted) { return margin == Margin::cw ? 2 : targeted ? 4 : 3; }

double margin_value(Margin margin, std::span<const double> logits, Rivals rivals) {
  const MarginParts<double> m(margin, logits.data(), static_cast<Index>(logits.size()), rivals);
  return m.lead / m.spread;
}

SeedRule margin_seeds(Margin margin, std::vector<Rivals> rivals) {
  return [margin, rivals = std::move(rivals)](const Tensor& logits, RowRange rows) {
    std::vector<std::int32_t> pairs;
    for (Index i = rows.first; i < rows.first + rows.count; ++i) {
      const Rivals& row = rivals[static_cast<std::size_t>(i)];
      pairs.insert(pairs.end(), {row.label, row.target});
    }
    const Labels there = Labels::from_host(pairs, logits.device());
    Tensor seeds = Tensor::like(logits);
    with_real(logits.dtype(), [&](auto zero) {
      using Real = decltype(zero);
      for_each_index(logits.device(), logits.rows(),
                     MarginSeeds<Real>{margin, logits.shape()[1], logits.read<Real>(), there.read(),
                                       seeds.template overwrite<Real>()});
    });
    return seeds;
  };
}

}  // namespace weir
