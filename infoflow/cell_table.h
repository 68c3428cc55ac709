/// What one cell of a joint histogram adds to the information, as an integer: L(c) = round(2^28 c ln c).
///
/// With integers a sum has the same bits in every order, on every thread, instruction set and device, and no
/// libm is asked. I = (L(n) + sum L(joint) - sum L(row) - sum L(column)) / (2^28 n).
#pragma once

#include <cstdint>
#include <vector>

#include "infoflow/flow_options.h"
#include "tensor/shape.h"

namespace weir {

inline constexpr int cell_scale_bits = 28;

/// L(0..largest). Correctly rounded from a fixed-point logarithm, so the table is the same on every machine.
std::vector<std::int64_t> n_log_n_table(Index largest);

/// The value of a cell by its count, for maps of n pixels: L for the plug-in estimate, and L(c) - 2^27 [c >
/// 0] for Miller-Madow, whose correction (K_x + K_y - K_xy - 1) / 2n is the same sum over occupied cells.
struct CellTable {
  std::vector<std::int64_t> values;  // [n + 1]
  int least_count = 2;               // cells with fewer counts add nothing and need not be visited

  Index positions() const { return static_cast<Index>(values.size()) - 1; }
  std::int64_t operator[](Index count) const { return values[static_cast<std::size_t>(count)]; }
};

CellTable cell_table(Index positions, Estimator estimator);

}  // namespace weir
