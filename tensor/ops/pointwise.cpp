#include "tensor/ops/pointwise.h"

#include "tensor/ops/map.h"

namespace weir {

Tensor operator+(const Tensor& a, const Tensor& b) { return map(a, b, pointwise::Add{}); }
Tensor operator-(const Tensor& a, const Tensor& b) { return map(a, b, pointwise::Subtract{}); }
Tensor operator*(const Tensor& a, const Tensor& b) { return map(a, b, pointwise::Multiply{}); }
Tensor operator*(double factor, const Tensor& x) { return map(x, pointwise::Scale{factor}); }
Tensor operator+(const Tensor& x, double constant) { return map(x, pointwise::AddConstant{constant}); }
Tensor times_saved(const Tensor& dy, const Tensor& saved) {
  return map_repeated(dy, saved, pointwise::Multiply{});
}
Tensor add_scaled(const Tensor& a, double factor, const Tensor& b) {
  return map(a, b, pointwise::AddScaled{factor});
}
Tensor sign(const Tensor& x) { return map(x, pointwise::Sign{}); }
Tensor clip(const Tensor& x, Range range) { return map(x, pointwise::Clip{range.low, range.high}); }

}  // namespace weir
