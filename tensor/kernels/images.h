/// Index policies of image tensors: the same kernel text serves the plain layout (1 lane) and blocks of 16
/// channels (16 lanes, which is one AVX-512 register of floats). A kernel handles one pixel of one block of
/// channels per call.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

template <int Lanes>
struct Images {
  static constexpr int lanes = Lanes;
  Index count = 0, channels = 0, height = 0, width = 0;

  WEIR_HD Index blocks() const { return (channels + lanes - 1) / lanes; }
  WEIR_HD Index pixels() const { return height * width; }
  /// How many calls cover the whole tensor.
  WEIR_HD Index cells() const { return count * blocks() * pixels(); }
  /// Where the lanes of a pixel begin.
  WEIR_HD Index offset(Index n, Index block, Index row, Index column) const {
    return (((n * blocks() + block) * height + row) * width + column) * lanes;
  }
  /// From the lanes of a pixel to those of the next pixel of the same block.
  WEIR_HD Index pixel_stride() const { return lanes; }
  /// Cells lie in memory row by row; f(cell, number) for those of one row.
  WEIR_HD Index rows() const { return count * blocks() * height; }
  template <class F>
  WEIR_HD void for_each_cell_of_row(Index r, const F& f) const;
  /// Channels of this block that exist; the lanes behind them are padding, which is zero and stays zero.
  WEIR_HD int used_lanes(Index block) const {
    const Index rest = channels - block * lanes;
    return static_cast<int>(rest < lanes ? rest : lanes);
  }
};

using PlainImages = Images<1>;
using BlockedImages = Images<16>;

/// [N, H, W, C]: the blocks of a pixel lie beside each other. Kernels want whole blocks; conversions do not.
struct ChannelsLastImages {
  static constexpr int lanes = 16;
  Index count = 0, channels = 0, height = 0, width = 0;

  WEIR_HD Index blocks() const { return channels / lanes; }
  WEIR_HD Index pixels() const { return height * width; }
  WEIR_HD Index cells() const { return count * blocks() * pixels(); }
  WEIR_HD Index offset(Index n, Index block, Index row, Index column) const {
    return ((n * height + row) * width + column) * channels + block * lanes;
  }
  WEIR_HD Index pixel_stride() const { return channels; }
  WEIR_HD Index rows() const { return count * height; }
  template <class F>
  WEIR_HD void for_each_cell_of_row(Index r, const F& f) const;
  WEIR_HD int used_lanes(Index) const { return lanes; }
};

/// The i-th cell of an image tensor, taken apart.
struct Cell {
  Index n, block, row, column;
};

template <class View>
WEIR_HD Cell cell_at(Index i, const View& view) {
  const Index column = i % view.width;
  i /= view.width;
  const Index row = i % view.height;
  i /= view.height;
  const Index blocks = view.blocks();
  return {i / blocks, i % blocks, row, column};
}

WEIR_HD inline Cell cell_at(Index i, const ChannelsLastImages& view) {
  const Index block = i % view.blocks();
  i /= view.blocks();
  const Index column = i % view.width;
  i /= view.width;
  return {i / view.height, block, i % view.height, column};
}

template <int Lanes>
template <class F>
WEIR_HD void Images<Lanes>::for_each_cell_of_row(Index r, const F& f) const {
  const Index row = r % height, map = r / height;
  Cell cell{map / blocks(), map % blocks(), row, 0};
  for (; cell.column < width; ++cell.column) f(cell, r * width + cell.column);
}

template <class F>
WEIR_HD void ChannelsLastImages::for_each_cell_of_row(Index r, const F& f) const {
  Index i = r * width * blocks();
  Cell cell{r / height, 0, r % height, 0};
  for (; cell.column < width; ++cell.column)
    for (cell.block = 0; cell.block < blocks(); ++cell.block) f(cell, i++);
}

/// y channels last from x plain, and back, one pixel per call.
template <class Real>
struct PlainToChannelsLast {
  ChannelsLastImages view;
  const Real* x;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const Index n = i / view.pixels(), pixel = i % view.pixels();
    const Real* from = x + n * view.channels * view.pixels() + pixel;
    for (Index c = 0; c < view.channels; ++c) y[i * view.channels + c] = from[c * view.pixels()];
  }
};
template <class Real>
struct ChannelsLastToPlain {
  ChannelsLastImages view;
  const Real* x;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const Index n = i / view.pixels(), pixel = i % view.pixels();
    Real* to = y + n * view.channels * view.pixels() + pixel;
    for (Index c = 0; c < view.channels; ++c) to[c * view.pixels()] = x[i * view.channels + c];
  }
};

/// y in blocks of 16 from x plain, one cell of y per call.
template <class Real>
struct PlainToBlocks {
  BlockedImages view;
  const Real* x;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const Cell cell = cell_at(i, view);
    const Index pixels = view.pixels();
    const Real* from =
        x + (cell.n * view.channels + cell.block * 16) * pixels + cell.row * view.width + cell.column;
    const int used = view.used_lanes(cell.block);
    for (int lane = 0; lane < 16; ++lane) y[i * 16 + lane] = lane < used ? from[lane * pixels] : Real{};
  }
};

/// y plain from x in blocks of 16, one cell of x per call.
template <class Real>
struct BlocksToPlain {
  BlockedImages view;
  const Real* x;
  Real* y;
  WEIR_HD void operator()(Index i) const {
    const Cell cell = cell_at(i, view);
    const Index pixels = view.pixels();
    Real* to = y + (cell.n * view.channels + cell.block * 16) * pixels + cell.row * view.width + cell.column;
    const int used = view.used_lanes(cell.block);
    for (int lane = 0; lane < used; ++lane) to[lane * pixels] = x[i * 16 + lane];
  }
};

}  // namespace weir
