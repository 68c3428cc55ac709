#include "tensor/ops/linear.h"

#include "autograd/functions.h"
#include "tensor/ops/activation.h"

namespace weir {

Var linear(const Var& x, const Var& weight, const Var& bias, Activation activation) {
  Tape& tape = x.tape();
  const bool rectify = tape.options().fuse && is_fusible(activation);
  if (activation != Activation::none && !rectify) return activate(linear(x, weight, bias), activation);
  const Numerics numerics = tape.options().numerics;
  const Tensor y = linear(x.value(), weight.value(), bias.value(), activation, numerics);
  return tape.record(
      rectify ? "linear_relu" : "linear", {x, weight, bias}, y,
      [rectify, numerics, w = weight.value(), kept_x = weight.wants_gradient() ? x.value() : Tensor(),
       kept_y = rectify ? y : Tensor()](const Tensor& dy, Cotangents& d) {
        const Tensor dz = rectify ? relu_gradient(dy, kept_y) : dy;
        if (d.wants(0)) d.add(0, linear_input_gradient(dz, w, numerics));
        if (d.wants(1)) d.add(1, linear_weight_gradient(dz, kept_x, numerics));
        if (d.wants(2)) d.add(2, sum_rows(dz));
      });
}

}  // namespace weir
