// Functions that move elements and compute nothing.
#include "autograd/functions.h"
#include "tensor/ops/channels.h"

namespace weir {

Var reshape(const Var& any, const Shape& shape) {
  const Var x = any.value().dtype() == DType::bf16 ? cast(any, DType::f32) : any;  // no longer a feature map
  const Shape before = x.shape();
  expects(shape[0] == before[0], "{} reshaped to {}: images stay images, so the rows must stay {}",
          to_string(before), to_string(shape), before[0]);
  return x.tape().record("reshape", {x}, x.value().in(Layout::plain).reshaped(shape),
                         [before, layout = x.value().layout()](const Tensor& dy, Cotangents& d) {
                           const Tensor plain = dy.in(Layout::plain);
                           d.add(0, plain.reshaped(before.with_rows(dy.rows())).in(layout));
                         });
}

Var flatten(const Var& x) { return reshape(x, {x.shape()[0], x.shape().row_volume()}); }

Var concatenate_channels(const Var& a, const Var& b) {
  return a.tape().record("concatenate_channels", {a, b}, concatenate_channels(a.value(), b.value()),
                         [first = a.shape()[1], second = b.shape()[1]](const Tensor& dy, Cotangents& d) {
                           if (d.wants(0)) d.add(0, channel_slice(dy, 0, first));
                           if (d.wants(1)) d.add(1, channel_slice(dy, first, second));
                         });
}

}  // namespace weir
