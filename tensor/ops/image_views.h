/// From a run-time layout to a compile-time index policy: the one place where the two layouts become template
/// arguments.
#pragma once

#include "tensor/kernels/images.h"
#include "tensor/tensor.h"

namespace weir {

/// [N, C, H, W] as it is, [N, C] as images of one pixel.
inline Tensor as_images(const Tensor& x) {
  return x.shape().rank() == 2 ? x.reshaped({x.shape()[0], x.shape()[1], 1, 1}) : x;
}

/// Calls f(view, Element{}) with the view of x's layout and its element type. Channels last come in float32
/// and bfloat16 and with whole blocks of 16 channels; the other layouts in float32 and float64.
template <class F>
void with_image_view(const Tensor& x, const F& f) {
  const Shape& s = x.shape();
  expects(s.rank() == 4, "expected images [N, C, H, W], got {}", to_string(s));
  if (x.layout() == Layout::channels_last) {
    expects(s[1] % block_width == 0, "channels last come in whole blocks of {}, got {}", block_width,
            to_string(s));
    const ChannelsLastImages view{s[0], s[1], s[2], s[3]};
    expects(x.dtype() != DType::f64, "channels last have no f64 form");
    if (x.dtype() == DType::bf16)
      f(view, bfloat16{});
    else
      f(view, float{});
    return;
  }
  with_real(x.dtype(), [&](auto zero) {
    if (x.layout() == Layout::plain)
      f(PlainImages{s[0], s[1], s[2], s[3]}, zero);
    else
      f(BlockedImages{s[0], s[1], s[2], s[3]}, zero);
  });
}

/// The view of another image tensor of the same layout.
template <class View>
View view_like(const View&, const Shape& s) {
  return View{s[0], s[1], s[2], s[3]};
}

}  // namespace weir
