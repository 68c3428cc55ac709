#include "tests/support/op_pass.h"

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
    const bool is_batch = i < op.batches.size();
    const DType dtype = !is_batch && options.dtype == DType::bf16 ? DType::f32 : options.dtype;
    const Tensor plain = tensor_of(inputs[i], shapes[i], options.device, dtype);
    inputs_.push_back(tape_.input(is_batch ? laid_out(plain, options.layout) : plain, "input"));
  }
  value_ = op.apply(inputs_);
}

std::vector<Tensor> OpPass::gradients(const Values& dy) const {
  const Tensor plain = tensor_of(dy, value().shape(), options_.device, value().dtype());
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

}  // namespace weir
