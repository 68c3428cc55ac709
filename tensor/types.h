/// What an element is and how an image tensor lies in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tensor/check.h"
#include "tensor/shape.h"

namespace weir {

/// bf16 is storage only: kernels load it as float and accumulate in float. f64 is for gradient checks.
enum class DType { f32, f64, bf16 };

/// plain: row-major. blocks_of_16: [N, ceil(C/16), H, W, 16], the layout of AVX-512 convolutions; pad
/// channels are zero and stay zero. Only image tensors [N, C, H, W] come in blocks.
enum class Layout { plain, blocks_of_16 };

constexpr Index block_width = 16;

constexpr std::size_t size_of(DType dtype) { return dtype == DType::f64 ? 8 : dtype == DType::f32 ? 4 : 2; }

constexpr std::string_view to_string(DType dtype) {
  return dtype == DType::f64 ? "f64" : dtype == DType::f32 ? "f32" : "bf16";
}

constexpr std::string_view to_string(Layout layout) {
  return layout == Layout::plain ? "plain" : "blocks_of_16";
}

template <class Real>
constexpr DType dtype_of() {
  static_assert(sizeof(Real) == 4 || sizeof(Real) == 8);
  return sizeof(Real) == 8 ? DType::f64 : DType::f32;
}

/// Calls f(Real{}) with the arithmetic type of `dtype`: the one place where a run-time type becomes a
/// template argument.
template <class F>
decltype(auto) with_real(DType dtype, F&& f) {
  expects(dtype != DType::bf16, "this operation has no {} form", to_string(dtype));
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

/// Elements that a tensor of this shape occupies in this layout, padding included.
constexpr Index storage_volume(const Shape& shape, Layout layout) {
  if (layout == Layout::plain) return shape.volume();
  const Index blocks = (shape[1] + block_width - 1) / block_width;
  return shape[0] * blocks * block_width * shape[2] * shape[3];
}

}  // namespace weir
