#include "attacks/region.h"

#include <algorithm>
#include <cmath>

#include "attacks/lockstep.h"
#include "attacks/random_rows.h"
#include "attacks/row_moves.h"
#include "attacks/row_scan.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

template <class Real>
struct HoldInside {
  const Real* x;
  const Real* low;
  const Real* high;
  Real* held;
  WEIR_HD void operator()(Index i) const {
    const Real raised = x[i] < low[i] ? low[i] : x[i];
    held[i] = raised > high[i] ? high[i] : raised;
  }
};

Tensor hold_inside(const Tensor& x, const PixelBox& box) {
  Tensor held = Tensor::like(x);
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), x.storage(),
                   HoldInside<Real>{x.read<Real>(), box.low.read<Real>(), box.high.read<Real>(),
                                    held.template overwrite<Real>()});
  });
  return held;
}

/// Adding a displacement to pixels rounds each of `features` by up to half an ulp, so that an l2 ball is
/// drawn smaller by as much as all of them together can add.
double safe_l2_radius(double radius, Index features, Range pixels) {
  const double half_ulp = std::max(std::abs(pixels.low), std::abs(pixels.high)) * 0x1p-24;
  return std::max(radius - std::sqrt(static_cast<double>(features)) * half_ulp, 0.0);
}

}  // namespace

void visit_ball(OptionVisitor& visit, PixelNorm& norm, double& eps, std::string_view what_for) {
  visit.choice("norm", norm, ball_norms, what_for);
  visit.default_to(eps, (norm == PixelNorm::linf ? 16.0 : 256.0) / 255);  // data units
  visit.length("eps", norm, eps, "the ball's radius (in l2 otherwise 128/255)");
}

Region::Region(const Tensor& originals, Ball ball, Range pixels)
    : ball_(ball), pixels_(pixels), originals_(originals) {
  ensures(ball.norm == PixelNorm::linf || ball.norm == PixelNorm::l2, "balls are of linf or l2");
  const double whole_range = static_cast<double>(pixels.high) - pixels.low;
  box_ = linf_box(originals, ball.norm == PixelNorm::linf ? ball.radius : whole_range, pixels);
}

Tensor Region::step(const Tensor& x, const Tensor& gradient, std::span<const double> lengths) const {
  std::vector<double> factors(lengths.begin(), lengths.end());
  if (ball_.norm == PixelNorm::linf) return project(add_scaled_signs(x, factors, gradient));
  const std::vector<double> norms = row_norms(gradient, PixelNorm::l2);
  for (std::size_t i = 0; i < norms.size(); ++i)
    factors[i] = norms[i] > 0 && std::isfinite(norms[i]) ? factors[i] / norms[i] : 0;
  return project(add_scaled_rows(x, factors, gradient));
}

Tensor Region::project(const Tensor& x) const {
  return hold_inside(ball_.norm == PixelNorm::l2 ? pulled_back(x) : x, box_);
}

Tensor Region::pulled_back(const Tensor& x) const {
  const Tensor away = x - originals_;
  const double radius = safe_l2_radius(ball_.radius, x.shape().row_volume(), pixels_);
  std::vector<double> factors;
  std::vector<bool> outside;
  for (const double norm : row_norms(away, PixelNorm::l2)) {
    factors.push_back(norm > radius ? radius / norm : 0);
    outside.push_back(norm > radius);
  }
  Tensor held = x;
  overwrite_rows(held, add_scaled_rows(originals_, factors, away), outside);
  return held;
}

Tensor Region::random_points(std::span<const Rng> rngs) const {
  const bool box = ball_.norm == PixelNorm::linf;
  const Tensor values = random_rows(originals_, box ? RandomValues::uniform : RandomValues::gaussian, rngs);
  std::vector<double> factors(rngs.size(), ball_.radius);
  if (!box) {
    // a normal vector has every direction; of a ball's volume the share u lies within u^(1/d) of its radius
    const double dimensions = static_cast<double>(originals_.shape().row_volume());
    const std::vector<double> norms = row_norms(values, PixelNorm::l2);
    for (std::size_t i = 0; i < rngs.size(); ++i)
      factors[i] *= std::pow(random_unit(rngs[i].split(0), 0), 1 / dimensions) / norms[i];
  }
  return project(add_scaled_rows(originals_, factors, values));
}

void Region::keep(std::span<const Index> rows) { keep_rows_of({&originals_, &box_.low, &box_.high}, rows); }

}  // namespace weir
