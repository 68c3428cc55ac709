/// From the symbols of a batch to what each map shares with others: masks.h and joint_sums.h on a device. Map
/// n C + c is channel c of image n.
#pragma once

#include <cstdint>

#include "infoflow/bucketize.h"
#include "tensor/kernels/bits.h"

namespace weir {

/// How the masks of a batch lie: words [images, words, channels, symbols] of 64 pixels each. Masks of
/// constant maps and of rare symbols are there, too: a place that follows from its number is worth more here.
struct MaskLayout {
  Index channels = 0, words = 0;
  int symbols = 0;

  WEIR_HD Index masks() const { return channels * symbols; }
  WEIR_HD Index offset(Index image, Index word) const { return (image * words + word) * masks(); }
};

/// symbols [images, channels, pixels] -> masks; a call makes one word of all masks of a map. Six words hold
/// the digits of 64 symbols, and a symbol's pixels are those that have its digits: registers only, however
/// many symbols.
struct SetMasks {
  MaskLayout layout;
  Index pixels;
  const std::uint8_t* symbols;
  std::uint64_t* masks;

  static constexpr int digits = 6;
  static_assert(1 << digits == symbol_limit);

  WEIR_HD void operator()(Index i) const {
    const Index channel = i % layout.channels, place = i / layout.channels;
    const Index word = place % layout.words, image = place / layout.words;
    const std::uint8_t* from = symbols + (image * layout.channels + channel) * pixels + word * 64;
    const Index rest = pixels - word * 64;
    const int count = rest < 64 ? static_cast<int>(rest) : 64;
    std::uint64_t digit[digits] = {};
    for (int p = 0; p < count; ++p) {
      WEIR_UNROLL
      for (int d = 0; d < digits; ++d) digit[d] |= (std::uint64_t{from[p]} >> d & 1) << p;
    }
    std::uint64_t* to = masks + layout.offset(image, word) + channel * layout.symbols;
    for (int s = 0; s < layout.symbols; ++s) {
      std::uint64_t mask = ~std::uint64_t{0} >> (64 - count);
      WEIR_UNROLL
      for (int d = 0; d < digits; ++d) mask &= (s >> d & 1) != 0 ? digit[d] : ~digit[d];
      to[s] = mask;
    }
  }
};

/// Of each map: the number of symbols in use, and the table summed over its histogram. A map a call.
struct CountMasks {
  MaskLayout layout;
  const std::uint64_t* masks;
  const std::int64_t* table;
  int* occupied;
  std::int64_t* marginals;

  WEIR_HD void operator()(Index map) const {
    const Index image = map / layout.channels, channel = map % layout.channels;
    int in_use = 0;
    std::int64_t sum = 0;
    for (int s = 0; s < layout.symbols; ++s) {
      Index count = 0;
      for (Index w = 0; w < layout.words; ++w)
        count += bits_set(masks[layout.offset(image, w) + channel * layout.symbols + s]);
      in_use += static_cast<int>(count > 0);
      sum += table[count];
    }
    occupied[map] = in_use;
    marginals[map] = sum;
  }
};

/// The maps of a batch as pairs are counted from.
struct CountedMaps {
  MaskLayout layout;
  const std::uint64_t* masks;
  const std::int64_t* marginals;
};

/// What mask `j` of an image's columns adds to the information of map `row` of the rows with all columns; the
/// sum over j is that of information_sums() in joint_sums.h. Integers, so that it may be taken in any order;
/// with a constant map they add up to exactly zero.
struct PairTerms {
  CountedMaps rows, columns;
  const std::int64_t* table;
  std::int64_t whole;  // the table's last value
  bool skips_self_pairs;

  WEIR_HD std::int64_t operator()(Index row, Index j) const {
    const Index image = row / rows.layout.channels, a = row % rows.layout.channels;
    const int b = static_cast<int>(j) / columns.layout.symbols;  // of 32 bits: half the cost of a short map
    if (skips_self_pairs && a == b) return 0;
    const bool first = j == Index{b} * columns.layout.symbols;  // a pair's marginals are taken off once
    const std::int64_t column_marginal = columns.marginals[image * columns.layout.channels + b];
    return joint_sum(image, a, j) + (first ? whole - rows.marginals[row] - column_marginal : 0);
  }

 private:
  /// The table summed over the cells that mask j of the columns has with the masks of map a.
  WEIR_HD std::int64_t joint_sum(Index image, Index a, Index j) const {
    std::int64_t sum = 0;
    for (int s = 0; s < rows.layout.symbols; ++s) {
      int shared = 0;
      for (Index w = 0; w < rows.layout.words; ++w)
        shared += bits_set(rows.masks[rows.layout.offset(image, w) + a * rows.layout.symbols + s] &
                           columns.masks[columns.layout.offset(image, w) + j]);
      sum += table[shared];
    }
    return sum;
  }
};

}  // namespace weir
