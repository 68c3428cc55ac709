#include "tensor/ops/pointwise.h"

#include "autograd/functions.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/dropout.h"

namespace weir {

Var activate(const Var& x, Activation activation) {
  if (activation == Activation::none) return x;
  const Tensor y = activate(x.value(), activation);
  return x.tape().record(to_string(activation), {x}, y,
                         [x = x.value(), y, activation](const Tensor& dy, Cotangents& d) {
                           d.add(0, activate_gradient(dy, x, y, activation));
                         });
}

Var cast(const Var& x, DType dtype) {
  const DType before = x.value().dtype();
  if (dtype == before) return x;
  return x.tape().record("cast", {x}, x.value().as(dtype),
                         [before](const Tensor& dy, Cotangents& d) { d.add(0, dy.as(before)); });
}

Var add(const Var& a, const Var& b) {
  return a.tape().record("add", {a, b}, a.value() + b.value(), [](const Tensor& dy, Cotangents& d) {
    if (d.wants(0)) d.add(0, dy);
    if (d.wants(1)) d.add(1, dy);
  });
}

Var multiply(const Var& a, const Var& b) {
  return a.tape().record("multiply", {a, b}, a.value() * b.value(),
                         [a = a.value(), b = b.value()](const Tensor& dy, Cotangents& d) {
                           if (d.wants(0)) d.add(0, times_saved(dy, b));
                           if (d.wants(1)) d.add(1, times_saved(dy, a));
                         });
}

Var scale(const Var& x, double factor) {
  return x.tape().record("scale", {x}, factor * x.value(),
                         [factor](const Tensor& dy, Cotangents& d) { d.add(0, factor * dy); });
}

Var dropout(const Var& x, double rate) {
  Tape& tape = x.tape();
  if (tape.mode() == Mode::evaluate || rate == 0) return x;
  Rng rng = tape.options().rng.split(stream_of(tape.path()));
  if (const int before = tape.count_mask(); before > 0) rng = rng.split(static_cast<std::uint64_t>(before));
  const Index first_row = tape.options().place.first_row;
  return tape.record("dropout", {x}, dropout(x.value(), rate, rng, first_row),
                     [rate, rng, first_row, rows = x.value().rows()](const Tensor& dy, Cotangents& d) {
                       expects(dy.rows() == rows, "dropout in training takes one cotangent at a time");
                       d.add(0, dropout(dy, rate, rng, first_row));
                     });
}

}  // namespace weir
