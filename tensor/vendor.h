/// The few routines that a library does better than our kernels. A vendor may decline a convolution; the
/// shared path (im2col and gemm, tensor/ops/conv2d.cpp) then runs.
#pragma once

#include <string>
#include <string_view>

#include "tensor/activation.h"
#include "tensor/types.h"

namespace weir {

/// C [m, n] = op(A) [m, k] op(B) [k, n] (+ C), row-major.
struct GemmCall {
  enum class Operand { plain, transposed };
  enum class Result { overwrite, accumulate };
  /// images: a row of C belongs to one image of a batch, and under `exact` numerics must have the same bits
  /// whatever m is.
  enum class Rows { whole, images };
  Operand a_is = Operand::plain;
  Operand b_is = Operand::plain;
  Index m = 0, n = 0, k = 0;
  const void* a = nullptr;
  const void* b = nullptr;
  void* c = nullptr;
  Result result = Result::overwrite;
  Rows rows_are = Rows::whole;
  Numerics numerics = Numerics::exact;
  DType dtype = DType::f32;
};

/// Letters as everywhere: N images, C channels in, K channels out, H x W input, P x Q output, R x S window.
struct ConvGeometry {
  Index images = 0, in_channels = 0, height = 0, width = 0;
  Index out_channels = 0, window_height = 0, window_width = 0;
  Index stride = 1, padding = 0;
  Index out_height = 0, out_width = 0;

  friend bool operator==(const ConvGeometry&, const ConvGeometry&) = default;
};

/// One convolution in one of its three directions. `dtype` is that of the feature maps; weight and bias and
/// their gradients are float32 where that is bfloat16. x [N,C,H,W], weight [K,C,R,S] (plain), bias [K] or
/// null, y [N,K,P,Q]. Forward reads x, weight, bias and writes y. Input gradient reads dy and weight, writes
/// dx. Weight gradient reads x and dy, writes dweight and dbias (which may be null).
struct ConvCall {
  ConvGeometry geometry;
  DType dtype = DType::f32;
  Numerics numerics = Numerics::exact;
  Activation activation = Activation::none;  // forward only: none or relu
  Layout x_layout = Layout::plain;
  Layout y_layout = Layout::plain;
  const void* x = nullptr;
  const void* weight = nullptr;
  std::uint64_t weight_version = 0;  // Tensor::version
  const void* bias = nullptr;
  const void* dy = nullptr;
  void* y = nullptr;
  void* dx = nullptr;
  void* dweight = nullptr;
  void* dbias = nullptr;
};

class Vendor {
 public:
  virtual ~Vendor() = default;
  virtual std::string_view name() const = 0;
  /// Library, version and the kernels it chose, for the manifest.
  virtual std::string description() const { return std::string(name()); }
  virtual void gemm(const GemmCall& call) = 0;
  // false: declined, nothing was written.
  virtual bool conv2d(const ConvCall&) { return false; }
  virtual bool conv2d_input_gradient(const ConvCall&) { return false; }
  virtual bool conv2d_weight_gradient(const ConvCall&) { return false; }
  /// The layout in which its convolutions want feature maps of this type. bfloat16 maps are channels last
  /// everywhere: matrix units want it, and so kernels know bfloat16 in one layout.
  virtual Layout preferred_layout(DType dtype) const {
    return dtype == DType::bf16 ? Layout::channels_last : Layout::plain;
  }
};

}  // namespace weir
