#include "infoflow/masks.h"

#include <algorithm>
#include <array>
#include <bit>

#include "infoflow/joint_sums_avx512.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// masks [symbols, words] of one map, plain.
void set_bits(std::span<const std::uint8_t> map, Index words, std::span<std::uint64_t> masks) {
  std::ranges::fill(masks, 0);
  for (std::size_t p = 0; p < map.size(); ++p)
    masks[static_cast<std::size_t>(map[p] * words) + p / 64] |= std::uint64_t{1} << (p % 64);
}

Index bits_set(std::span<const std::uint64_t> mask) {
  Index count = 0;
  for (const std::uint64_t word : mask) count += std::popcount(word);
  return count;
}

/// masks [symbols, words] of one map, all of them, made at the end of `result.bits`; keeps those that
/// `least_count` lets through, one after the other, and lets the next map write over the rest.
void keep_frequent(std::span<std::uint64_t> masks, int least_count, Masks& result) {
  const auto words = static_cast<std::size_t>(result.words);
  std::array<Index, symbol_limit> counts;
  int occupied = 0;
  for (std::size_t s = 0; s * words < masks.size(); ++s) {
    counts[s] = bits_set(masks.subspan(s * words, words));
    occupied += static_cast<int>(counts[s] > 0);
  }
  result.occupied_symbols.push_back(occupied);
  std::size_t kept = 0;
  for (std::size_t s = 0; s * words < masks.size() && occupied > 1; ++s) {
    if (counts[s] < least_count) continue;
    if (kept != s) std::ranges::copy(masks.subspan(s * words, words), masks.subspan(kept * words).begin());
    result.counts.push_back(counts[s]);
    ++kept;
  }
  result.first.push_back(result.size());
}

}  // namespace

Index live_maps(std::span<const int> occupied_symbols) {
  return std::ranges::count_if(occupied_symbols, [](int occupied) { return occupied > 1; });
}

Masks masks_of(const SymbolMaps& maps, int least_count, CountMethod method) {
  ensures(maps.symbols >= 1 && maps.symbols <= symbol_limit, "more symbols than a histogram holds");
  Masks result{.positions = maps.size.area(), .words = (maps.size.area() + 63) / 64};
  const auto per_map = static_cast<std::size_t>(maps.symbols * result.words);
  result.bits.resize(static_cast<std::size_t>(maps.channels) * per_map);
  result.first.push_back(0);
  for (Index c = 0; c < maps.channels; ++c) {
    const auto made = std::span(result.bits)
                          .subspan(result.counts.size() * static_cast<std::size_t>(result.words), per_map);
    if (method == CountMethod::avx512)
      avx512::set_bits(maps.map(c), result.words, made);
    else
      set_bits(maps.map(c), result.words, made);
    keep_frequent(made, least_count, result);
  }
  result.bits.resize(result.counts.size() * static_cast<std::size_t>(result.words));
  return result;
}

}  // namespace weir
