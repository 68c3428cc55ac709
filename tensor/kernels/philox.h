/// Philox-4x32-10 on the host and on a device: the one place that touches Random123.
#pragma once

#include <Random123/philox.h>

#include "tensor/kernels/portable.h"

namespace weir {

struct Words {
  std::uint32_t word[4];
};

WEIR_HD inline Words philox_words(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  using Word = std::uint32_t;
  const r123::Philox4x32::ctr_type position{{static_cast<Word>(counter), static_cast<Word>(counter >> 32),
                                             static_cast<Word>(stream), static_cast<Word>(stream >> 32)}};
  const r123::Philox4x32::key_type key{{static_cast<Word>(seed), static_cast<Word>(seed >> 32)}};
  const auto words = r123::Philox4x32{}(position, key);
  return {{words[0], words[1], words[2], words[3]}};
}

/// The words of `Count` generators side by side, at positions first, first + 1, ...: word[w][j] is word w at
/// first + j. Random123's arithmetic with a loop inside each step, which compilers turn into vectors.
template <int Count>
WEIR_HD inline void philox_words(std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                                 std::uint32_t (&word)[4][Count]) {
  using Word = std::uint32_t;
  for (int j = 0; j < Count; ++j) {
    const std::uint64_t position = first + static_cast<std::uint64_t>(j);
    word[0][j] = static_cast<Word>(position);
    word[1][j] = static_cast<Word>(position >> 32);
    word[2][j] = static_cast<Word>(stream);
    word[3][j] = static_cast<Word>(stream >> 32);
  }
  Word key[] = {static_cast<Word>(seed), static_cast<Word>(seed >> 32)};
  for (int round = 0; round < 10; ++round) {
    WEIR_SIMD
    for (int j = 0; j < Count; ++j) {
      const std::uint64_t a = std::uint64_t{PHILOX_M4x32_0} * word[0][j];
      const std::uint64_t b = std::uint64_t{PHILOX_M4x32_1} * word[2][j];
      const Word first_high = static_cast<Word>(a >> 32), second_high = static_cast<Word>(b >> 32);
      word[0][j] = second_high ^ word[1][j] ^ key[0];
      word[1][j] = static_cast<Word>(b);
      word[2][j] = first_high ^ word[3][j] ^ key[1];
      word[3][j] = static_cast<Word>(a);
    }
    key[0] += PHILOX_W32_0;
    key[1] += PHILOX_W32_1;
  }
}

/// In [0, 1), a multiple of 2^-24: exact in float.
WEIR_HD inline float unit_from_word(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

}  // namespace weir
