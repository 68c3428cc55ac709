/// From a run-time layout to a compile-time index policy: the one place where the two layouts become template
/// arguments.
#pragma once

#include "tensor/kernels/images.h"
#include "tensor/tensor.h"

namespace weir {

/// Calls f(view, Real{}) with the view of x's layout and its element type.
template <class F>
void with_image_view(const Tensor& x, const F& f) {
  const Shape& s = x.shape();
  expects(s.rank() == 4, "expected images [N, C, H, W], got {}", to_string(s));
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
