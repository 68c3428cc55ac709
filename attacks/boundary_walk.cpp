#include "attacks/boundary_walk.h"

#include "attacks/lockstep.h"
#include "attacks/row_moves.h"
#include "tensor/ops/pointwise.h"

namespace weir {

BoundaryWalk::BoundaryWalk(const Tensor& clean, const WalkOptions& options)
    : options_(options),
      x_(clean),
      clean_(clean),
      total_(Tensor::zeros(clean.shape(), clean.device(), clean.dtype())) {}

void BoundaryWalk::aim(const Answer& answer, const std::vector<Boundary>& nearest) {
  std::vector<double> lengths;
  for (const Boundary& boundary : nearest)
    lengths.push_back((boundary.distance + options_.beyond) /
                      (options_.norm == PixelNorm::l2 ? boundary.slope : 1));
  lengths_ = Tensor::from_host(std::span<const double>(lengths), {x_.rows()}, x_.device()).as(x_.dtype());
  gradients_ = directions(answer, nearest);
}

void BoundaryWalk::step() {
  const Tensor way = options_.norm == PixelNorm::l2 ? gradients_ : sign(gradients_);
  if (options_.steps == Steps::each) {
    x_ = clip(add_scaled_rows(x_, options_.stretch * lengths_, way), options_.pixels);
    return;
  }
  total_ = add_scaled_rows(total_, lengths_, way);
  x_ = add_scaled(clean_, options_.stretch, total_);
  if (options_.steps == Steps::summed_and_clipped) x_ = clip(x_, options_.pixels);
}

void BoundaryWalk::keep(std::span<const Index> rows) {
  if (static_cast<Index>(rows.size()) == x_.rows()) return;
  for (Tensor* state : {&x_, &clean_, &total_, &gradients_, &lengths_}) *state = keep_rows(*state, rows);
}

}  // namespace weir
