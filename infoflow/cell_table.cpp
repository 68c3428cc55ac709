#include "infoflow/cell_table.h"

#include <algorithm>

#include "tensor/check.h"

namespace weir {
namespace {

__extension__ using Wide = unsigned __int128;

// 96 fractional bits leave 2^16 * 11.1 * 2^96 < 2^128 for c ln c, and an error far below the half unit that
// decides the rounding: every entry up to 2^16 is the correctly rounded one.
constexpr int fraction_bits = 96;
constexpr Index largest_count = Index{1} << 16;

/// ln(c / (c - 1)) = 2 artanh(1 / (2c - 1)), in units of 2^-96.
Wide log_step(std::uint64_t c) {
  const std::uint64_t odd = 2 * c - 1;
  Wide power = (Wide{1} << fraction_bits) / odd;
  Wide sum = 0;
  for (std::uint64_t k = 1; power != 0; k += 2) {
    sum += power / k;
    power = power / odd / odd;
  }
  return 2 * sum;
}

std::vector<std::int64_t> computed_table(Index largest) {
  std::vector<std::int64_t> table(static_cast<std::size_t>(largest) + 1, 0);
  constexpr int dropped = fraction_bits - cell_scale_bits;
  Wide log = 0;
  for (std::uint64_t c = 2; c < table.size(); ++c) {
    log += log_step(c);
    table[c] = static_cast<std::int64_t>((c * log + (Wide{1} << (dropped - 1))) >> dropped);
  }
  return table;
}

}  // namespace

std::vector<std::int64_t> n_log_n_table(Index largest) {
  expects(largest >= 0 && largest <= largest_count,
          "a map of {} pixels is beyond the {} that the table covers", largest, largest_count);
  static const std::vector<std::int64_t> common =
      computed_table(1024);  // 32x32, the largest map of the study
  if (largest >= static_cast<Index>(common.size())) return computed_table(largest);
  return {common.begin(), common.begin() + largest + 1};
}

CellTable cell_table(Index positions, Estimator estimator) {
  CellTable table{.values = n_log_n_table(positions)};
  if (estimator == Estimator::miller_madow) {
    constexpr std::int64_t half = std::int64_t{1} << (cell_scale_bits - 1);
    std::for_each(table.values.begin() + 1, table.values.end(), [](std::int64_t& value) { value -= half; });
    table.least_count = 1;
  }
  return table;
}

}  // namespace weir
