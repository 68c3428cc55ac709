#include "infoflow/joint_sums.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "tensor/check.h"

namespace weir {
namespace {

std::int64_t joint_sum_of_masks(std::span<const std::uint64_t> row, const Masks& columns,
                                const CellTable& table) {
  std::int64_t sum = 0;
  for (Index j = 0; j < columns.size(); ++j) {
    const std::uint64_t* column = columns.bits.data() + j * columns.words;
    Index shared = 0;
    for (std::size_t w = 0; w < row.size(); ++w) shared += std::popcount(row[w] & column[w]);
    sum += table[shared];
  }
  return sum;
}

void joint_sums_by_popcount(const Masks& rows, const Masks& columns, const CellTable& table,
                            std::span<std::int64_t> sums) {
  for (std::size_t c = 0; c < sums.size(); ++c)
    for (Index i = rows.first[c]; i < rows.first[c + 1]; ++i)
      sums[c] += joint_sum_of_masks(rows.mask(i), columns, table);
}

void joint_sums_by_histogram(const CountableMaps& rows, const CountableMaps& columns, const CellTable& table,
                             std::span<std::int64_t> sums) {
  for (Index a = 0; a < rows.symbols.channels; ++a) {
    if (rows.masks.constant(a)) continue;
    for (Index b = 0; b < columns.symbols.channels; ++b)
      if (!columns.masks.constant(b))
        sums[static_cast<std::size_t>(a)] += joint_sum(rows.symbols.map(a), columns.symbols.map(b), table);
  }
}

std::vector<std::int64_t> marginal_sums(const Masks& masks, const CellTable& table) {
  std::vector<std::int64_t> sums(masks.first.size() - 1, 0);
  for (std::size_t c = 0; c < sums.size(); ++c)
    for (Index i = masks.first[c]; i < masks.first[c + 1]; ++i)
      sums[c] += table[masks.counts[static_cast<std::size_t>(i)]];
  return sums;
}

}  // namespace

CountMethod resolved(CountMethod method) {
  if (method == CountMethod::avx512 && !avx512::available())
    fail({.kind = ErrorKind::unavailable,
          .code = "E0701",
          .message = "counting with avx512 was asked for, but this processor lacks a part of it",
          .note = "needed: AVX-512 F BW DQ VL VBMI BITALG VPOPCNTDQ VNNI",
          .help = "leave the method automatic, or take popcount: the results are the same"});
  if (method != CountMethod::automatic) return method;
  return avx512::available() ? CountMethod::avx512 : CountMethod::popcount;
}

Index CountableMaps::live() const { return live_maps(masks.occupied_symbols); }

CountableMaps countable(SymbolMaps maps, const CellTable& table, CountMethod method, CountedAs side) {
  ensures(maps.size.area() == table.positions(), "the table is for maps of another size");
  CountableMaps result{.symbols = std::move(maps)};
  result.masks = masks_of(result.symbols, table.least_count, method);
  if (method == CountMethod::avx512 && side == CountedAs::columns)
    result.columns = avx512::columns_of(result.masks);
  result.marginals = marginal_sums(result.masks, table);
  return result;
}

std::vector<std::int64_t> information_sums(const CountableMaps& rows, const CountableMaps& columns,
                                           const CellTable& table, CountMethod method) {
  expects(rows.symbols.size == columns.symbols.size, "maps of {}x{} cannot be paired with maps of {}x{}",
          rows.symbols.size.height, rows.symbols.size.width, columns.symbols.size.height,
          columns.symbols.size.width);
  std::vector<std::int64_t> sums(static_cast<std::size_t>(rows.symbols.channels), 0);
  switch (method) {
    case CountMethod::histogram:
      joint_sums_by_histogram(rows, columns, table, sums);
      break;
    case CountMethod::popcount:
      joint_sums_by_popcount(rows.masks, columns.masks, table, sums);
      break;
    case CountMethod::avx512:
      avx512::joint_sums(rows.masks, columns.columns, table, sums);
      break;
    case CountMethod::automatic:
      ensures(false, "the method was not resolved");
  }
  const Index live_columns = columns.live();
  const std::int64_t whole = table.values.back();
  const std::int64_t column_sum =
      std::accumulate(columns.marginals.begin(), columns.marginals.end(), std::int64_t{0});
  for (std::size_t c = 0; c < sums.size(); ++c)
    sums[c] = rows.masks.constant(static_cast<Index>(c))
                  ? 0
                  : live_columns * (whole - rows.marginals[c]) - column_sum + sums[c];
  return sums;
}

std::int64_t histogram_sum(std::span<const std::uint8_t> map, const CellTable& table) {
  std::array<Index, symbol_limit> counts{};
  for (const std::uint8_t symbol : map) ++counts[symbol];
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                         [&](std::int64_t sum, Index count) { return sum + table[count]; });
}

std::int64_t joint_sum(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                       const CellTable& table) {
  std::array<std::array<std::uint32_t, symbol_limit>, symbol_limit> counts;
  const std::size_t rows = static_cast<std::size_t>(*std::ranges::max_element(a)) + 1;
  const std::size_t columns = static_cast<std::size_t>(*std::ranges::max_element(b)) + 1;
  for (std::size_t r = 0; r < rows; ++r) std::fill_n(counts[r].begin(), columns, 0);
  for (std::size_t p = 0; p < a.size(); ++p) ++counts[a[p]][b[p]];
  std::int64_t sum = 0;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) sum += table[counts[r][c]];
  return sum;
}

}  // namespace weir
