/// What an element is and how an image tensor lies in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "tensor/check.h"
#include "tensor/kernels/bfloat16.h"
#include "tensor/shape.h"

namespace weir {

/// bf16 is storage only: kernels load it as float and accumulate in float. f64 is for gradient checks.
enum class DType { f32, f64, bf16 };

/// plain: row-major. blocks_of_16: [N, ceil(C/16), H, W, 16], the layout of AVX-512 convolutions; pad
/// channels are zero and stay zero. channels_last: [N, H, W, C], the layout of matrix units (AMX). Only image
/// tensors [N, C, H, W] have the latter two.
enum class Layout { plain, blocks_of_16, channels_last };

/// exact: direct convolutions; an image's logits and input gradient have the same bits alone, in any batch,
/// for any number of threads. fast: the algorithm that is best for a layer's shape, from a table
/// (tensor/vendors/winograd_table.h); the same bits again for the same batch and any number of threads. The
/// two differ by rounding.
enum class Numerics { exact, fast };

constexpr Index block_width = 16;

constexpr std::size_t size_of(DType dtype) { return dtype == DType::f64 ? 8 : dtype == DType::f32 ? 4 : 2; }

constexpr std::string_view to_string(DType dtype) {
  return dtype == DType::f64 ? "f64" : dtype == DType::f32 ? "f32" : "bf16";
}

constexpr std::string_view to_string(Layout layout) {
  return layout == Layout::plain          ? "plain"
         : layout == Layout::blocks_of_16 ? "blocks_of_16"
                                          : "channels_last";
}

constexpr std::string_view to_string(Numerics numerics) {
  return numerics == Numerics::exact ? "exact" : "fast";
}

template <class Real>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<Real, bfloat16>)
    return DType::bf16;
  else
    return std::is_same_v<Real, double> ? DType::f64 : DType::f32;
}

/// Calls f(Real{}) with the arithmetic type of `dtype`: the one place where a run-time type becomes a
/// template argument.
template <class F>
decltype(auto) with_real(DType dtype, F&& f) {
  expects(dtype != DType::bf16, "this operation has no {} form", to_string(dtype));
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

/// Calls f(Element{}) with the type that `dtype` is stored as.
template <class F>
decltype(auto) with_element(DType dtype, F&& f) {
  if (dtype == DType::bf16) return f(bfloat16{});
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

/// Elements that a tensor of this shape occupies in this layout, padding included.
constexpr Index storage_volume(const Shape& shape, Layout layout) {
  if (layout != Layout::blocks_of_16) return shape.volume();
  const Index blocks = (shape[1] + block_width - 1) / block_width;
  return shape[0] * blocks * block_width * shape[2] * shape[3];
}

}  // namespace weir
