/// Which element of a small matrix product a lane of a warp holds: the maps of the PTX instructions
/// mma.m16n8k16 (bfloat16) and mma.m16n8k8 (TF32), and how their operands are stored in words. PTX ISA 8.0,
/// section 9.7.13.4.
#pragma once

#include "tensor/kernels/bfloat16.h"

namespace weir {

struct RowColumn {
  int row, column;
};

/// Four words, which a lane loads at once: a fragment of A, or two neighbouring fragments of B.
struct alignas(16) Words4 {
  std::uint32_t word[4];
};
/// A lane's part of C [16, 8]: element i is at accumulator_place(lane, i).
struct Accumulator {
  float value[4];
};
WEIR_HD constexpr RowColumn accumulator_place(int lane, int i) {
  return {lane / 4 + 8 * (i / 2), lane % 4 * 2 + i % 2};
}

/// A [16, 16], B [16, 8]: two elements a word.
struct Bf16Product {
  using Element = bfloat16;
  static constexpr int depth = 16, per_word = 2;
  WEIR_HD static constexpr RowColumn a(int lane, int i) {  // i = 0 .. 7
    return {lane / 4 + 8 * (i / 2 % 2), lane % 4 * 2 + i % 2 + 8 * (i / 4)};
  }
  WEIR_HD static constexpr RowColumn b(int lane, int i) {  // i = 0 .. 3
    return {lane % 4 * 2 + i % 2 + 8 * (i / 2), lane / 4};
  }
  WEIR_HD static void round(Words4&) {}
  WEIR_HD static bfloat16 stored(float x) { return bfloat16(x); }
  /// What the tensor core takes element i of these words for.
  WEIR_HD static float element(const std::uint32_t* words, int i) {
    return __builtin_bit_cast(float, words[i / 2] >> 16 * (i % 2) << 16);
  }
};

/// A [16, 8], B [8, 8]: float32 words, of which the tensor core reads the upper 19 bits.
struct Tf32Product {
  using Element = float;
  static constexpr int depth = 8, per_word = 1;
  WEIR_HD static constexpr RowColumn a(int lane, int i) {  // i = 0 .. 3
    return {lane / 4 + 8 * (i % 2), lane % 4 + 4 * (i / 2)};
  }
  WEIR_HD static constexpr RowColumn b(int lane, int i) {
    return {lane % 4 + 4 * i, lane / 4};
  }  // i = 0 .. 1
  /// Half of the last bit that is read, so that what is cut off is rounded to the nearest, ties away from
  /// zero. A NaN stays as it is: one more than a GPU's own, whose low bits are all ones, would be -0.
  WEIR_HD static std::uint32_t rounded(std::uint32_t word) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800  // 7.5 has no such tensor core, and no such instruction
    std::uint32_t result;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(result) : "f"(__builtin_bit_cast(float, word)));
    return result;
#else
    const bool is_nan = (word & 0x7FFFFFFFu) > 0x7F800000u;
    return is_nan ? word : word + 0x1000u;
#endif
  }
  WEIR_HD static void round(Words4& a) {
    for (int i = 0; i < 4; ++i) a.word[i] = rounded(a.word[i]);
  }
  WEIR_HD static float stored(float x) {
    return __builtin_bit_cast(float, rounded(__builtin_bit_cast(std::uint32_t, x)) & 0xFFFFE000u);
  }
  WEIR_HD static float element(const std::uint32_t* words, int i) {
    return __builtin_bit_cast(float, words[i] & 0xFFFFE000u);
  }
};

/// Whether a map gives every element of a [rows, columns] matrix to exactly one lane.
template <int Rows, int Columns>
constexpr bool covers(RowColumn (*map)(int, int)) {
  bool seen[Rows * Columns] = {};
  for (int n = 0; n < Rows * Columns; ++n) {
    const RowColumn at = map(n % 32, n / 32);
    if (at.row < 0 || at.row >= Rows || at.column < 0 || at.column >= Columns) return false;
    if (seen[at.row * Columns + at.column]) return false;
    seen[at.row * Columns + at.column] = true;
  }
  return true;
}

/// Of reads of `lanes` rows of `width` bytes at a distance of `pitch` bytes: how often the busiest of the 32
/// banks of shared memory is asked. 1: without conflict.
constexpr int lanes_per_bank(int pitch, int width, int lanes) {
  int hits[32] = {}, worst = 0;
  for (int n = 0; n < lanes * width / 4; ++n) {
    const int h = ++hits[(n / (width / 4) * pitch / 4 + n % (width / 4)) % 32];
    worst = h > worst ? h : worst;
  }
  return worst;
}

/// Whether the 32 lanes of a fragment that is read column by column, lane % 4 of rows at this distance and
/// lane / 4 of words within them, meet 32 banks.
constexpr bool column_reads_are_free(int pitch_in_words) {
  bool used[32] = {};
  for (int lane = 0; lane < 32; ++lane) {
    const int bank = (lane % 4 * pitch_in_words + lane / 4) % 32;
    if (used[bank]) return false;
    used[bank] = true;
  }
  return true;
}

}  // namespace weir
