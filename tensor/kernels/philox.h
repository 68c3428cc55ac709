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

/// In [0, 1), a multiple of 2^-24: exact in float.
WEIR_HD inline float unit_from_word(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

}  // namespace weir
