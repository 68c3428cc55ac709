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
  /// Channels of this block that exist; the lanes behind them are padding, which is zero and stays zero.
  WEIR_HD int used_lanes(Index block) const {
    const Index rest = channels - block * lanes;
    return static_cast<int>(rest < lanes ? rest : lanes);
  }
};

using PlainImages = Images<1>;
using BlockedImages = Images<16>;

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
    for (int lane = 0; lane < 16; ++lane) y[i * 16 + lane] = lane < used ? from[lane * pixels] : Real(0);
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
