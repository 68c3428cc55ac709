#include "tensor/ops/pointwise.h"

#include "autograd/functions.h"
#include "tensor/ops/dropout.h"

namespace weir {
namespace {

/// The same path gives the same stream, in every process.
std::uint64_t stream_of(std::string_view path) {
  std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

}  // namespace

Var relu(const Var& x) {
  const Tensor y = relu(x.value());
  return x.tape().record("relu", {x}, y,
                         [y](const Tensor& dy, Cotangents& d) { d.add(0, relu_gradient(dy, y)); });
}

Var cast(const Var& x, DType dtype) {
  const DType before = x.value().dtype();
  if (dtype == before) return x;
  return x.tape().record("cast", {x}, x.value().as(dtype),
                         [before](const Tensor& dy, Cotangents& d) { d.add(0, dy.as(before)); });
}

Var flatten(const Var& any) {
  const Var x = any.value().dtype() == DType::bf16 ? cast(any, DType::f32) : any;
  const Shape shape = x.shape();
  const Layout layout = x.value().layout();
  const Tensor y = x.value().in(Layout::plain).reshaped({shape[0], shape.row_volume()});
  return x.tape().record("flatten", {x}, y, [shape, layout](const Tensor& dy, Cotangents& d) {
    d.add(0, dy.reshaped(shape.with_rows(dy.rows())).in(layout));
  });
}

Var dropout(const Var& x, double rate) {
  Tape& tape = x.tape();
  if (tape.mode() == Mode::evaluate || rate == 0) return x;
  const Rng rng = tape.options().rng.split(stream_of(tape.path()));
  const Index first_row = tape.options().place.first_row;
  return tape.record("dropout", {x}, dropout(x.value(), rate, rng, first_row),
                     [rate, rng, first_row, rows = x.value().rows()](const Tensor& dy, Cotangents& d) {
                       expects(dy.rows() == rows, "dropout in training takes one cotangent at a time");
                       d.add(0, dropout(dy, rate, rng, first_row));
                     });
}

}  // namespace weir
