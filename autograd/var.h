/// A name for one value on a tape, and a named parameter.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace weir {

class Tape;

/// A trained value. Its name is its layer's path and role: "conv1.weight".
struct Parameter {
  std::string name;
  Tensor value;
};

/// One value of a computation; cheap to copy, valid while its tape lives.
class Var {
 public:
  Var() = default;
  Var(Tape& tape, int index, Tensor value) : tape_(&tape), index_(index), value_(std::move(value)) {}

  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  Device& device() const { return value_.device(); }
  Tape& tape() const { return *tape_; }
  /// Position on the tape; -1 when the tape keeps nothing of it (a constant, or Record::nothing).
  int index() const { return index_; }
  /// True when a gradient will flow into this value: only then need an op save what its pullback reads.
  bool wants_gradient() const;

 private:
  Tape* tape_ = nullptr;
  int index_ = -1;
  Tensor value_;
};

}  // namespace weir
