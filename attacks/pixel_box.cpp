#include "attacks/pixel_box.h"

#include "tensor/kernels/launch.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

template <class Real>
struct StepInside {
  Real step;
  const Real* gradient;
  const Real* low;
  const Real* high;
  Real* x;
  WEIR_HD void operator()(Index i) const {
    const Real direction = static_cast<Real>((gradient[i] > 0) - (gradient[i] < 0));
    const Real moved = x[i] + step * direction;
    const Real raised = moved < low[i] ? low[i] : moved;
    x[i] = raised > high[i] ? high[i] : raised;
  }
};

}  // namespace

PixelBox linf_box(const Tensor& x, double radius, Range pixels) {
  return {.low = clip(x + -radius, pixels), .high = clip(x + radius, pixels)};
}

void step_inside(Tensor& x, const Tensor& gradient, double step, const PixelBox& box) {
  ensures(gradient.shape() == x.shape() && box.low.shape() == x.shape() && box.high.shape() == x.shape(),
          "image, gradient and box of one shape");
  with_real(x.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(x.device(), x.storage(),
                   StepInside<Real>{static_cast<Real>(step), gradient.read<Real>(), box.low.read<Real>(),
                                    box.high.read<Real>(), x.update<Real>()});
  });
}

}  // namespace weir
