#include "attacks/nearest_boundary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "attacks/lockstep.h"
#include "attacks/reading.h"
#include "attacks/row_scan.h"

namespace weir {
namespace {

/// All classes but the label, the likeliest first.
std::vector<std::int32_t> others_by_logit(std::span<const double> z, std::int32_t label) {
  std::vector<std::int32_t> others(z.size());
  std::iota(others.begin(), others.end(), 0);
  std::erase(others, label);
  std::stable_sort(others.begin(), others.end(), [&](std::int32_t a, std::int32_t b) {
    return z[static_cast<std::size_t>(a)] > z[static_cast<std::size_t>(b)];
  });
  return others;
}

/// leads[k] = z_y - z_k and the norm of its gradient, for one image.
Boundary nearest_of(std::span<const double> leads, std::span<const double> norms,
                    const BoundaryOptions& options) {
  Boundary nearest{.distance = std::numeric_limits<double>::infinity()};
  for (std::size_t k = 0; k < leads.size(); ++k) {
    if (norms[k] == 0 || (options.losing_candidates_only && leads[k] <= 0)) continue;
    const double slope = norms[k] + options.guard, distance = std::abs(leads[k]) / slope;
    if (distance < nearest.distance || std::isnan(distance))
      nearest = {static_cast<Index>(k), leads[k], distance, slope};
  }
  return nearest;
}

}  // namespace

Candidates::Candidates(const Victims& victims, Index count)
    : victims_(victims), count_(std::min(count, victims.classes - 1)) {
  for (Index i = 0; i < victims.count(); ++i) {
    const std::vector<std::int32_t> others = others_by_logit(victims.clean_logits_of(i), label(i));
    classes_.insert(classes_.end(), others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count_));
  }
}

std::span<const std::int32_t> Candidates::of(Index victim) const {
  return std::span(classes_).subspan(static_cast<std::size_t>(victim * count_),
                                     static_cast<std::size_t>(count_));
}

SeedRule difference_seeds(const Candidates& candidates, std::span<const Index> victims) {
  return [&candidates, victims](const Tensor& logits, RowRange rows) {
    const Shape shape = logits.shape().with_rows(candidates.count() * rows.count);
    std::vector<double> seeds(static_cast<std::size_t>(shape.volume()));
    auto row = seeds.begin();
    for (Index k = 0; k < candidates.count(); ++k)
      for (Index i = 0; i < rows.count; ++i, row += shape[1]) {
        const Index victim = victims[static_cast<std::size_t>(rows.first + i)];
        row[candidates.of(victim)[static_cast<std::size_t>(k)]] = 1;
        row[candidates.label(victim)] = -1;
      }
    return Tensor::from_host(std::span<const double>(seeds), shape, logits.device()).as(logits.dtype());
  };
}

std::vector<Boundary> nearest_boundaries(const Answer& answer, const Candidates& candidates,
                                         std::span<const Index> victims, const BoundaryOptions& options) {
  const Shape& shape = answer.gradients.shape();
  const Index n = shape[1];
  const PixelNorm dual = options.norm == PixelNorm::l2 ? PixelNorm::l2 : PixelNorm::l1;
  const std::vector<double> all =
      row_norms(answer.gradients.reshaped({shape[0] * n, shape.row_volume() / n}), dual);
  std::vector<Boundary> result;
  for_each_row(answer.logits, [&](Index i, std::span<const double> z) {
    const Index victim = victims[static_cast<std::size_t>(i)];
    std::vector<double> leads, norms;
    for (const std::int32_t candidate : candidates.of(victim)) {
      norms.push_back(all[static_cast<std::size_t>(static_cast<Index>(leads.size()) * n + i)]);
      leads.push_back(z[static_cast<std::size_t>(candidates.label(victim))] -
                      z[static_cast<std::size_t>(candidate)]);
    }
    result.push_back(nearest_of(leads, norms, options));
  });
  return result;
}

Tensor directions(const Answer& answer, std::span<const Boundary> nearest) {
  const Shape& shape = answer.gradients.shape();
  std::vector<Index> chosen;
  for (std::size_t i = 0; i < nearest.size(); ++i)
    chosen.push_back(std::max<Index>(nearest[i].candidate, 0) * shape[1] + static_cast<Index>(i));
  Shape rows{shape[0] * shape[1]};
  for (int axis = 2; axis < shape.rank(); ++axis) rows.append(shape[axis]);
  return keep_rows(answer.gradients.reshaped(rows), chosen);
}

}  // namespace weir
