/// Dropout as a pure function of (seed, stream, row in the batch, channel, pixel): nothing is stored, and the
/// same units drop in every layout, on every device and for every cut into pieces.
#pragma once

#include "tensor/kernels/bfloat16.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/philox.h"

namespace weir {

/// y = x * scale where kept, else 0; scale = 1 / (1 - rate). One cell per call; serves the gradient too (x =
/// dy).
template <class Real, class View>
struct Dropout {
  View view;
  Index first_row;  // of the piece within its batch
  float rate;
  Arithmetic<Real> scale;
  std::uint64_t seed, stream;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(const Cell& cell, Index i) const {
    const BlockedImages numbering{0, view.channels, view.height, view.width};
    for (int lane = 0; lane < View::lanes; lane += 4) {
      // Numbers are dealt in the order of the blocked layout: there, one call of the generator serves four
      // lanes.
      const Index channel = cell.block * View::lanes + lane;
      const Index element =
          numbering.offset(cell.n + first_row, channel / 16, cell.row, cell.column) + channel % 16;
      const Words words = philox_words(seed, stream, static_cast<std::uint64_t>(element / 4));
      for (int step = 0; step < 4 && lane + step < View::lanes; ++step) {
        const Index at = i * View::lanes + lane + step;
        const bool kept = unit_from_word(words.word[(element + step) % 4]) >= rate;
        y[at] = static_cast<Real>(kept ? x[at] * scale : Arithmetic<Real>(0));
      }
    }
  }
};

}  // namespace weir
