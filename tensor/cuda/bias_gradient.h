/// The gradient of a convolution's bias: dy summed over images and pixels.
#pragma once

#include <algorithm>

#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/tensor.h"

namespace weir::cuda {

constexpr Index groups_of_rows = 128;  // into which many rows are added up first
constexpr Index most_rows_of_a_warp =
    4 * groups_of_rows;  // up to here another launch costs more than it saves

/// [items, channels] -> [groups_of_rows, channels], by runs of rows: a warp for each channel would leave most
/// of a GPU idle.
template <class Real>
Tensor sums_of_groups(Device& device, const Tensor& items) {
  const Index channels = items.shape()[1];
  Tensor sums = Tensor::uninitialised(Shape{groups_of_rows, channels}, device, items.dtype());
  const LaidChannelItems<Real, Real> rows{
      {.image = 0, .pixel = channels, .chunk = 0}, channels, items.rows(), channels, items.read<Real>()};
  for_each_index(device, groups_of_rows * channels,
                 SumPixelRuns<Real, Real>{rows, groups_of_rows, sums.template overwrite<Real>()});
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
  if (sums.rows() > most_rows_of_a_warp) sums = sums_of_groups<Real>(device, sums);
  reduce_rows<Sum<Real>>(device, {dy.channels, sums.rows()},
                         ColumnItems<Real>{dy.channels, std::as_const(sums).template read<Real>()}, dbias);
}

}  // namespace weir::cuda
