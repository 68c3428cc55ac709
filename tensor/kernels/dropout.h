/// Dropout as a pure function of (seed, stream, row in the batch, channel, pixel): nothing is stored, and the
/// same units drop in every layout, on every device and for every cut into pieces.
#pragma once

#include "tensor/kernels/images.h"
#include "tensor/kernels/lanes.h"
#include "tensor/kernels/philox.h"

namespace weir {

/// The chance of being dropped, in steps of 2^-16: one word of the generator decides two units.
struct DropoutRate {
  std::uint32_t threshold;  // a unit whose 16 bits are below is dropped
  WEIR_HD bool keeps(std::uint32_t bits) const { return bits >= threshold; }
  /// What the rest is multiplied with, so that the mean stays.
  WEIR_HD double scale() const { return 65536.0 / (65536.0 - threshold); }
};

/// y = x * scale where kept, else 0; serves the gradient too (x = dy). One call does 8 neighbouring pixels of
/// a row in one block of channels. A generator for each of 16 channels gives the bits of those 8 pixels.
template <class Real, class View>
struct Dropout {
  View view;
  Index first_row;  // of the piece within its batch
  DropoutRate rate;
  Arithmetic<Real> scale;
  std::uint64_t seed, stream;
  const Real* x;
  Real* y;

  static constexpr int run = 8;
  WEIR_HD static Index runs_of_row(const View& v) { return (v.width + run - 1) / run; }
  WEIR_HD static Index runs(const View& v) { return v.count * v.blocks() * v.height * runs_of_row(v); }

  WEIR_HD void operator()(Index i) const {
    const Index runs = runs_of_row(view), left = i % runs * run;
    const Index row = i / runs % view.height, map = i / (runs * view.height);
    const Index n = map / view.blocks(), block = map % view.blocks();
    const Index channel = block * View::lanes, blocks_of_16 = (view.channels + 15) / 16;
    const Index place =
        (((n + first_row) * blocks_of_16 + channel / 16) * view.height + row) * runs + i % runs;
    // Copies: what is stored through y might be these members, for all that a compiler knows, and it would
    // read them again for every lane (measured: four times slower).
    const DropoutRate chance = rate;
    const Arithmetic<Real> factor = scale;
    std::uint32_t word[4][View::lanes];
    philox_words(seed, stream, static_cast<std::uint64_t>(place * 16 + channel % 16), word);
    WEIR_UNROLL  // of a word at a place known beforehand, a register
        for (int q = 0; q < run; ++q) {
      if (left + q >= view.width) break;
      const Index at = view.offset(n, block, row, left + q);
      const std::uint32_t* const bits = word[q / 2];
      const std::uint32_t shift = q % 2 * 16;
      Arithmetic<Real> value[View::lanes];
      load_lanes(x + at, value);
      WEIR_SIMD
      for (int lane = 0; lane < View::lanes; ++lane)
        value[lane] = chance.keeps(bits[lane] >> shift & 0xFFFFu) ? value[lane] * factor : 0;
      store_lanes(value, y + at);
    }
  }
};

}  // namespace weir
