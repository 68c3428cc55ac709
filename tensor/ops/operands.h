/// What an op asks of its operands before it computes. The checks stand here once, so that every op refuses a
/// misfit in the same words.
#pragma once

#include <string_view>

#include "tensor/tensor.h"

namespace weir {

/// Throws Error (usage) unless `operand` is plain, has this shape, and the type and device of `x` (float32
/// beside bfloat16 maps): what a routine that sees raw pointers cannot check.
inline void require_operand(std::string_view name, const Tensor& operand, const Shape& shape,
                            const Tensor& x) {
  expects(operand.defined(), "the {} has no value", name);
  expects(operand.shape() == shape, "the {} is {}, expected {}", name, to_string(operand.shape()),
          to_string(shape));
  const DType expected = x.dtype() == DType::bf16 ? DType::f32 : x.dtype();
  expects(operand.dtype() == expected, "the {} holds {}, its other operand {} holds {}", name,
          to_string(operand.dtype()), to_string(x.shape()), to_string(x.dtype()));
  expects(operand.layout() == Layout::plain, "the {} {} lies in layout {}, expected plain", name,
          to_string(operand.shape()), to_string(operand.layout()));
  expects(&operand.device() == &x.device(), "the {} is on device {}, its other operand {} on {}", name,
          operand.device().name(), to_string(x.shape()), x.device().name());
}

/// Throws Error (usage) unless both lie on one device: a kernel sees pointers and would read the other's.
inline void require_same_device(const Device& a, const Device& b) {
  if (&a == &b) return;
  expects(false, "one operand is on device {}, the other on {}", a.name(), b.name());
}

/// Throws Error (usage) unless both have one shape, nothing is broadcast, and lie on one device.
inline void require_same_shape(const Tensor& a, const Tensor& b) {
  expects(a.shape() == b.shape(), "{} and {} do not match element by element", to_string(a.shape()),
          to_string(b.shape()));
  require_same_device(a.device(), b.device());  // shapes first: what has no value has no device
}

/// K, where dy [K * N, ...] holds K cotangents for values of shape `y` [N, ...]. Throws Error (usage) where
/// it does not.
inline Index cotangents_of(const Tensor& dy, const Shape& y) {
  const Index count = y[0] == 0 ? 0 : dy.rows() / y[0];
  expects(dy.shape() == y.with_rows(count * y[0]),
          "a cotangent of {} must have its shape, with K times its "
          "rows; got {}",
          to_string(y), to_string(dy.shape()));
  return count;
}

/// The same for the values themselves, which lie on the device of dy.
inline Index cotangents_of(const Tensor& dy, const Tensor& y) {
  const Index count = cotangents_of(dy, y.shape());
  require_same_device(dy.device(), y.device());
  return count;
}

}  // namespace weir
