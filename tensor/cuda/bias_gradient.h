/// The gradient of a convolution's bias: dy summed over images and pixels.
#pragma once

#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/tensor.h"

namespace weir::cuda {

/// Image by image, then over the images: enough rows to keep a GPU busy, in an order of their own.
template <class Real, class Element>
void sum_over_pixels(const LaidChannelItems<Element, Real>& dy, Index images, Real* dbias) {
  Device& device = Device::named("cuda");
  Tensor sums = Tensor::uninitialised(Shape{images, dy.channels}, device, dtype_of<Real>());
  reduce_rows<Sum<Real>>(device, {images * dy.channels, dy.pixels}, dy, sums.template overwrite<Real>());
  reduce_rows<Sum<Real>>(device, {dy.channels, images},
                         ColumnItems<Real>{dy.channels, std::as_const(sums).template read<Real>()}, dbias);
}

}  // namespace weir::cuda
