/// A warp played on the host: 32 lanes one after the other, each instruction by the maps of
/// tensor/kernels/fragments.h. Products of whole numbers are exact, so that programs can be compared with ==.
#pragma once

#include <cstring>

#include "tensor/kernels/fragments.h"

namespace weir {

struct HostWarp {
  using Shared = const unsigned char*;
  struct Words {
    Words4 lane[32];
  };
  struct Sums {
    Accumulator lane[32] = {};
  };

  /// ldmatrix.x4: lanes 8 j to 8 j + 7 say where the rows of matrix j are; lane l gets word l % 4 of row l
  /// / 4.
  template <class At>
  void load_matrices(Words& to, Shared from, const At& at) const {
    for (int j = 0; j < 4; ++j)
      for (int row = 0; row < 8; ++row)
        for (int word = 0; word < 4; ++word)
          std::memcpy(&to.lane[row * 4 + word].word[j], from + at(8 * j + row) + 4 * word, 4);
  }
  template <class At>
  void load_words(Words& to, const Words4* from, const At& at) const {
    for (int lane = 0; lane < 32; ++lane) to.lane[lane] = from[at(lane)];
  }
  using Floats = const float*;
  template <int Count, class At>
  void gather(Words& to, Floats from, const At& at) const {
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < Count; ++i) std::memcpy(&to.lane[lane].word[i], from + at(lane, i), 4);
  }
  template <class Product>
  void round(Words& a) const {
    for (Words4& words : a.lane) Product::round(words);
  }
  /// C += A B, where B's fragment begins at word `first`.
  template <class Product>
  void multiply(Sums& c, const Words& a, const Words& b, int first) const {
    float left[16][16] = {}, right[16][8] = {};
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4 * Product::per_word; ++i) {
        const RowColumn at = Product::a(lane, i);
        left[at.row][at.column] = Product::element(a.lane[lane].word, i);
      }
      for (int i = 0; i < 2 * Product::per_word; ++i) {
        const RowColumn at = Product::b(lane, i);
        right[at.row][at.column] = Product::element(b.lane[lane].word + first, i);
      }
    }
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        const RowColumn at = accumulator_place(lane, i);
        for (int k = 0; k < Product::depth; ++k)
          c.lane[lane].value[i] += left[at.row][k] * right[k][at.column];
      }
  }
  template <class F>
  void for_each_lane(const Sums& sums, const F& f) const {
    for (int lane = 0; lane < 32; ++lane) f(lane, sums.lane[lane]);
  }
};

}  // namespace weir
