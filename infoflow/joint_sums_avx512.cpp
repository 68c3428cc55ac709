#include "infoflow/joint_sums_avx512.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "tensor/check.h"

#if defined(__x86_64__)
#if !defined(__clang__)
// GCC 12 marks the undefined upper halves inside its own intrinsics as uninitialised (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#define WEIR_AVX512 \
  __attribute__((   \
      target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512bitalg,avx512vpopcntdq,avx512vnni")))
#endif

namespace weir::avx512 {
namespace {

constexpr Index byte_masks = 64;  // masks in a block, one byte each: maps of up to 64 pixels
constexpr Index word_masks = 8;   // masks in a block, 64 bits each: larger maps

bool fits_bytes(Index positions) { return positions <= 64; }

void place(const Masks& masks, Index mask, Columns& columns) {
  const Index in_block = fits_bytes(masks.positions) ? byte_masks : word_masks;
  const Index unit = 64 / in_block;  // bytes of a mask in one vector
  const Index lane = mask % in_block;
  Lanes* block = columns.lanes.data() + mask / in_block * columns.vectors_per_block;
  std::array<std::uint8_t, 8> bytes;
  for (Index v = 0; v < columns.vectors_per_block; ++v) {
    const std::uint64_t word = masks.mask(mask)[static_cast<std::size_t>(v * unit / 8)] >> (v * unit % 8 * 8);
    for (int b = 0; b < 8; ++b)
      bytes[static_cast<std::size_t>(b)] = static_cast<std::uint8_t>(word >> (8 * b));
    std::memcpy(block[v].bytes + lane * unit, bytes.data(), static_cast<std::size_t>(unit));
  }
}

}  // namespace

Columns columns_of(const Masks& masks) {
  const bool bytes = fits_bytes(masks.positions);
  const Index in_block = bytes ? byte_masks : word_masks;
  Columns columns{.blocks = (masks.size() + in_block - 1) / in_block,
                  .vectors_per_block = bytes ? (masks.positions + 7) / 8 : masks.words};
  columns.lanes.resize(static_cast<std::size_t>(columns.blocks * columns.vectors_per_block));
  for (Index i = 0; i < masks.size(); ++i) place(masks, i, columns);
  return columns;
}

#if defined(__x86_64__)

bool available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bitalg") &&
         __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vnni");
}

WEIR_AVX512 void set_bits(std::span<const std::uint8_t> map, Index words, std::span<std::uint64_t> masks) {
  const Index symbols = std::ssize(masks) / words;
  for (Index w = 0; w < words; ++w) {
    const Index pixels = std::min<Index>(64, std::ssize(map) - 64 * w);
    const __mmask64 present = ~std::uint64_t{0} >> (64 - pixels);
    const __m512i values = _mm512_maskz_loadu_epi8(present, map.data() + 64 * w);
    for (Index s = 0; s < symbols; ++s)
      masks[static_cast<std::size_t>(s * words + w)] =
          _mm512_mask_cmpeq_epi8_mask(present, values, _mm512_set1_epi8(static_cast<char>(s)));
  }
}

namespace {

constexpr int table_bytes = 5;  // 63 * ln 63 * 2^28 < 2^37, and a sign for Miller-Madow

/// The table's entries 0..63 by byte: a lookup of 64 counts is one permutation for each byte. Two maps that
/// are not constant share 63 pixels of 64 at most.
struct ByteTable {
  __m512i byte[table_bytes];
};

WEIR_AVX512 ByteTable byte_table(const CellTable& table) {
  ByteTable result;
  for (int b = 0; b < table_bytes; ++b) {
    alignas(64) std::uint8_t bytes[64] = {};
    for (Index c = 0; c < std::min<Index>(64, table.positions() + 1); ++c)
      bytes[c] = static_cast<std::uint8_t>(table[c] >> (8 * b));
    result.byte[b] = _mm512_load_si512(bytes);
  }
  return result;
}

/// Sums by byte of the table; each of the 16 lanes grows by at most 4 * 255 for a block.
struct ByteSums {
  __m512i byte[table_bytes];
};

WEIR_AVX512 inline __m512i load(const Lanes& lanes) { return _mm512_load_si512(lanes.bytes); }

/// The top bit of every byte that is not zero.
std::uint64_t bytes_in_use(std::uint64_t mask) {
  constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7f;
  return (((mask & low_bits) + low_bits) | mask) & ~low_bits;
}

/// One mask against all blocks. Only the mask's non-empty bytes are visited: `groups` of them.
template <int groups>
WEIR_AVX512 void add_byte_row(std::uint64_t mask, const Columns& columns, const ByteTable& table,
                              ByteSums& sums) {
  Index which[groups];
  __m512i row[groups];
  std::uint64_t left = bytes_in_use(mask);
  for (int g = 0; g < groups; ++g, left &= left - 1) {
    which[g] = std::countr_zero(left) / 8;
    row[g] = _mm512_set1_epi8(static_cast<char>(mask >> (8 * which[g])));
  }
  const __m512i ones = _mm512_set1_epi8(1);
  ByteSums sum = sums;
  const Lanes* block = columns.lanes.data();
  for (Index b = 0; b < columns.blocks; ++b, block += columns.vectors_per_block) {
    __m512i counts = _mm512_popcnt_epi8(_mm512_and_si512(row[0], load(block[which[0]])));
    for (int g = 1; g < groups; ++g)
      counts = _mm512_add_epi8(counts, _mm512_popcnt_epi8(_mm512_and_si512(row[g], load(block[which[g]]))));
    for (int k = 0; k < table_bytes - 1; ++k)
      sum.byte[k] = _mm512_dpbusd_epi32(sum.byte[k], _mm512_permutexvar_epi8(counts, table.byte[k]), ones);
    constexpr int top = table_bytes - 1;  // signed: the second factor of VPDPBUSD
    sum.byte[top] =
        _mm512_dpbusd_epi32(sum.byte[top], ones, _mm512_permutexvar_epi8(counts, table.byte[top]));
  }
  sums = sum;
}

WEIR_AVX512 std::int64_t total(const ByteSums& sums) {
  std::int64_t total = 0;
  for (int k = 0; k < table_bytes; ++k) {
    const __m256i low = _mm512_castsi512_si256(sums.byte[k]),
                  high = _mm512_extracti64x4_epi64(sums.byte[k], 1);
    const __m512i wide = _mm512_add_epi64(_mm512_cvtepi32_epi64(low), _mm512_cvtepi32_epi64(high));
    total += _mm512_reduce_add_epi64(wide) * (std::int64_t{1} << (8 * k));
  }
  return total;
}

WEIR_AVX512 void joint_sums_of_bytes(const Masks& rows, const Columns& columns, const CellTable& table,
                                     std::span<std::int64_t> sums) {
  using AddRow = void (*)(std::uint64_t, const Columns&, const ByteTable&, ByteSums&);
  static constexpr AddRow add_row[] = {nullptr,         add_byte_row<1>, add_byte_row<2>,
                                       add_byte_row<3>, add_byte_row<4>, add_byte_row<5>,
                                       add_byte_row<6>, add_byte_row<7>, add_byte_row<8>};
  const ByteTable lookup = byte_table(table);
  for (std::size_t c = 0; c < sums.size(); ++c) {
    ByteSums sum;
    for (auto& byte : sum.byte) byte = _mm512_setzero_si512();
    for (Index i = rows.first[c]; i < rows.first[c + 1]; ++i) {
      const std::uint64_t mask = rows.bits[static_cast<std::size_t>(i)];
      add_row[std::popcount(bytes_in_use(mask))](mask, columns, lookup, sum);
    }
    sums[c] = total(sum);
  }
}

/// One mask of many words against all blocks of eight; the table is gathered.
WEIR_AVX512 __m512i add_word_row(std::span<const std::uint64_t> mask, const Columns& columns,
                                 const CellTable& table, __m512i sum) {
  const Lanes* block = columns.lanes.data();
  for (Index b = 0; b < columns.blocks; ++b, block += columns.vectors_per_block) {
    __m512i counts = _mm512_setzero_si512();
    for (std::size_t w = 0; w < mask.size(); ++w) {
      const __m512i row = _mm512_set1_epi64(static_cast<long long>(mask[w]));
      counts = _mm512_add_epi64(counts, _mm512_popcnt_epi64(_mm512_and_si512(row, load(block[w]))));
    }
    sum = _mm512_add_epi64(sum, _mm512_i64gather_epi64(counts, table.values.data(), 8));
  }
  return sum;
}

WEIR_AVX512 void joint_sums_of_words(const Masks& rows, const Columns& columns, const CellTable& table,
                                     std::span<std::int64_t> sums) {
  for (std::size_t c = 0; c < sums.size(); ++c) {
    __m512i sum = _mm512_setzero_si512();
    for (Index i = rows.first[c]; i < rows.first[c + 1]; ++i)
      sum = add_word_row(rows.mask(i), columns, table, sum);
    sums[c] = _mm512_reduce_add_epi64(sum);
  }
}

}  // namespace

void joint_sums(const Masks& rows, const Columns& columns, const CellTable& table,
                std::span<std::int64_t> sums) {
  // A 32-bit lane of a sum holds 2^31 / (4 * 255) blocks; a map has at most 64 masks.
  ensures(columns.blocks < (1 << 15), "too many columns for one pass");
  if (fits_bytes(rows.positions))
    joint_sums_of_bytes(rows, columns, table, sums);
  else
    joint_sums_of_words(rows, columns, table, sums);
}

#else

bool available() { return false; }
void set_bits(std::span<const std::uint8_t>, Index, std::span<std::uint64_t>) {
  ensures(false, "no AVX-512 here");
}
void joint_sums(const Masks&, const Columns&, const CellTable&, std::span<std::int64_t>) {
  ensures(false, "no AVX-512 here");
}

#endif

}  // namespace weir::avx512
