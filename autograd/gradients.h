/// The result of a backward pass: a value, returned and not stored on parameters, so nothing is ever stale.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "autograd/var.h"

namespace weir {

class Gradients {
 public:
  /// Of an input or any kept value, [K * N, ...] for K cotangents. Throws when nothing flowed there.
  const Tensor& operator[](const Var& value) const;
  /// Of a parameter, in the parameter's shape. Throws when the tape did not record parameters.
  const Tensor& operator[](const Parameter& parameter) const;
  const Tensor* find(const Parameter& parameter) const;
  /// Of any recorded feature map by its path, with Keep::everything; null when nothing flowed there.
  const Tensor* find(std::string_view path) const;

  /// Adds another piece's parameter gradients. Call in piece order: addition rounds.
  void add_parameters_of(const Gradients& other);

 private:
  friend class Tape;
  std::unordered_map<int, Tensor> values_;
  std::unordered_map<std::string, int> paths_;
  std::unordered_map<const Parameter*, Tensor> parameters_;
};

}  // namespace weir
