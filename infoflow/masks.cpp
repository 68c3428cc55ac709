#include "infoflow/masks.h"

#include <algorithm>
#include <bit>

#include "infoflow/joint_sums_avx512.h"

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

}  // namespace

Masks masks_of(const SymbolMaps& maps, int least_count, CountMethod method) {
  Masks result{.positions = maps.size.area(), .words = (maps.size.area() + 63) / 64};
  const auto words = static_cast<std::size_t>(result.words), symbols = static_cast<std::size_t>(maps.symbols);
  std::vector<std::uint64_t> all(symbols * words);
  std::vector<Index> counts(symbols);
  result.bits.reserve(static_cast<std::size_t>(maps.channels) * all.size());
  result.first.push_back(0);
  for (Index c = 0; c < maps.channels; ++c) {
    if (method == CountMethod::avx512)
      avx512::set_bits(maps.map(c), result.words, all);
    else
      set_bits(maps.map(c), result.words, all);
    for (std::size_t s = 0; s < symbols; ++s) counts[s] = bits_set(std::span(all).subspan(s * words, words));
    const auto occupied = static_cast<int>(std::ranges::count_if(counts, [](Index n) { return n > 0; }));
    result.occupied_symbols.push_back(occupied);
    for (std::size_t s = 0; s < symbols && occupied > 1; ++s) {
      if (counts[s] < least_count) continue;
      const auto mask = all.begin() + static_cast<std::ptrdiff_t>(s * words);
      result.bits.insert(result.bits.end(), mask, mask + static_cast<std::ptrdiff_t>(words));
      result.counts.push_back(counts[s]);
    }
    result.first.push_back(result.size());
  }
  return result;
}

}  // namespace weir
