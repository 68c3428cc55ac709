#include "tests/support/op_pass.h"

#include "tensor/kernels/images.h"

namespace weir {
namespace {

std::vector<Shape> input_shapes(const OpCase& op) {
  std::vector<Shape> shapes(op.batches);
  shapes.insert(shapes.end(), op.parameters.begin(), op.parameters.end());
  return shapes;
}

}  // namespace

std::vector<Values> random_inputs(const OpRow& row, const OpCase& op, const Rng& rng) {
  std::vector<Values> inputs;
  for (const Shape& shape : input_shapes(op))
    inputs.push_back(floats(shape.volume(), row.domain, rng.split(inputs.size())));
  return inputs;
}

std::vector<Values> whole_inputs(const OpCase& op, const Rng& rng) {
  std::vector<Values> inputs;
  for (const Shape& shape : input_shapes(op))
    inputs.push_back(whole_numbers(shape.volume(), -4, 4, rng.split(inputs.size())));
  return inputs;
}

Tensor laid_out(const Tensor& x, Layout layout) { return x.shape().rank() == 4 ? x.in(layout) : x; }

OpPass::OpPass(const OpRow& row, const OpCase& op, const std::vector<Values>& inputs,
               const PassOptions& options)
    : options_(options), tape_({.mode = row.mode, .record = Record::for_input, .fuse = options.fuse}) {
  const std::vector<Shape> shapes = input_shapes(op);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Tensor plain = tensor_of(inputs[i], shapes[i], options.device, options.dtype);
    inputs_.push_back(tape_.input(i < op.batches.size() ? laid_out(plain, options.layout) : plain, "input"));
  }
  value_ = op.apply(inputs_);
}

std::vector<Tensor> OpPass::gradients(const Values& dy) const {
  const Tensor plain = tensor_of(dy, value().shape(), options_.device, options_.dtype);
  const Gradients found = tape_.backward(value_, laid_out(plain, options_.layout));
  std::vector<Tensor> gradients;
  for (const Var& input : inputs_) gradients.push_back(found[input]);
  return gradients;
}

std::vector<Values> OpPass::inputs() const {
  std::vector<Values> values;
  for (const Var& input : inputs_) values.push_back(input.value().to_host_double());
  return values;
}

Index dirty_padding(const Tensor& x) {
  if (x.layout() == Layout::plain) return 0;
  const Shape& s = x.shape();
  const BlockedImages view{s[0], s[1], s[2], s[3]};
  const Index elements = view.cells() * block_width;
  std::vector<char> bytes(static_cast<std::size_t>(elements) * size_of(x.dtype()));
  x.device().memory().copy_to_host(bytes.data(), x.raw(), bytes.size());
  Index dirty = 0;
  with_real(x.dtype(), [&](auto zero) {
    const auto* values = reinterpret_cast<const decltype(zero)*>(bytes.data());
    for (Index i = 0; i < elements; ++i)
      dirty += i % block_width >= view.used_lanes(i / block_width / view.pixels() % view.blocks()) &&
               values[i] != 0;
  });
  return dirty;
}

}  // namespace weir
