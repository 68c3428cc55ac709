/// One op case, run forward and backward on one device: what every test derived from a row does.
#pragma once

#include "tests/support/op_cases.h"

namespace weir {

struct PassOptions {
  Device& device;
  DType dtype = DType::f32;       // of the batches; parameters stay float32 beside bfloat16
  Layout layout = Layout::plain;  // of image inputs and of an image-shaped cotangent
  bool fuse = true;
};

/// Values for every input of a case, in plain order.
std::vector<Values> random_inputs(const OpRow& row, const OpCase& op, const Rng& rng);
/// In [-4, 4].
std::vector<Values> whole_inputs(const OpCase& op, const Rng& rng);

class OpPass {
 public:
  OpPass(const OpRow& row, const OpCase& op, const std::vector<Values>& inputs, const PassOptions& options);

  const Tensor& value() const { return value_.value(); }
  /// Of every input, batches first, for the cotangent dy (plain order, value().shape()'s volume).
  std::vector<Tensor> gradients(const Values& dy) const;
  /// What the inputs hold now.
  std::vector<Values> inputs() const;
  const Tape& tape() const { return tape_; }

 private:
  PassOptions options_;
  Tape tape_;
  std::vector<Var> inputs_;
  Var value_;
};

/// That layout where a tensor has it.
Tensor laid_out(const Tensor& x, Layout layout);

}  // namespace weir
