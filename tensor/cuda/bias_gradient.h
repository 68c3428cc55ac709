/// The gradient of a convolution's bias: dy summed over images and pixels.
#pragma once

#include <algorithm>

#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/tensor.h"

namespace weir::cuda {

constexpr Index most_items = 128;  // rows that one warp a channel adds up at the end

/// [items, channels] -> [most_items, channels], by runs of rows: a warp for each channel would leave most of
/// a GPU idle.
template <class Real>
Tensor sums_of_groups(Device& device, const Tensor& items) {
  const Index channels = items.shape()[1];
  Tensor sums = Tensor::uninitialised(Shape{most_items, channels}, device, items.dtype());
  const LaidChannelItems<Real, Real> rows{
      {.image = 0, .pixel = channels, .chunk = 0}, channels, items.rows(), channels, items.read<Real>()};
  for_each_index(device, most_items * channels,
                 SumPixelRuns<Real, Real>{rows, most_items, sums.template overwrite<Real>()});
  return sums;
}

/// dbias[c] = dy summed over images and pixels: by runs of pixels, then over the runs. Runs are short enough
/// for a GPU to have work everywhere, and the order of the sum depends on nothing but the shape.
template <class Real, class Element>
void sum_over_pixels(Device& device, const LaidChannelItems<Element, Real>& dy, Index images, Real* dbias) {
  const bool pixels_lie_together = dy.strides.pixel == 1;
  const Index runs = pixels_lie_together ? 1 : std::clamp<Index>(dy.pixels / 32, 1, 32);
  Tensor sums = Tensor::uninitialised(Shape{images * runs, dy.channels}, device, dtype_of<Real>());
  if (pixels_lie_together)
    reduce_rows<Sum<Real>>(device, {images * dy.channels, dy.pixels}, dy, sums.template overwrite<Real>());
  else
    for_each_index(device, images * runs * dy.channels,
                   SumPixelRuns<Element, Real>{dy, runs, sums.template overwrite<Real>()});
  if (sums.rows() > 4 * most_items) sums = sums_of_groups<Real>(device, sums);
  reduce_rows<Sum<Real>>(device, {dy.channels, sums.rows()},
                         ColumnItems<Real>{dy.channels, std::as_const(sums).template read<Real>()}, dbias);
}

}  // namespace weir::cuda
