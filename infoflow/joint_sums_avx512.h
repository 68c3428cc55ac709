/// The bit counting of joint_sums.h with AVX-512 (VPOPCNTDQ, BITALG, VBMI, VNNI). Call only where available()
/// says so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "infoflow/cell_table.h"
#include "infoflow/masks.h"

namespace weir::avx512 {

/// True where this build and this processor have every instruction that is used here.
bool available();

struct alignas(64) Lanes {
  std::uint8_t bytes[64];
};

/// Masks turned so that one vector holds the same pixels of many masks. Maps of up to 64 pixels: 64 masks a
/// block, a vector for each 8 pixels. Larger ones: 8 masks a block, a vector for each 64 pixels.
struct Columns {
  Index blocks = 0;
  Index vectors_per_block = 0;
  std::vector<Lanes> lanes =
      {};  // [blocks, vectors_per_block]; absent masks are zero, so they count as empty cells
};

Columns columns_of(const Masks& masks);

/// The same bits as the plain loop in masks.cpp: masks [symbols, words] of one map.
void set_bits(std::span<const std::uint8_t> map, Index words, std::span<std::uint64_t> masks);

/// sums [channels of rows]: for each map, the table's values summed over its masks and all columns.
void joint_sums(const Masks& rows, const Columns& columns, const CellTable& table,
                std::span<std::int64_t> sums);

}  // namespace weir::avx512
