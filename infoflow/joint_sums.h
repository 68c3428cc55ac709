/// Sums over the joint histograms of two sets of maps, counted in one of three ways with the same result.
#pragma once

#include <cstdint>
#include <span>

#include "infoflow/cell_table.h"
#include "infoflow/flow_options.h"
#include "infoflow/joint_sums_avx512.h"
#include "infoflow/masks.h"
#include "infoflow/symbol_maps.h"

namespace weir {

/// What `automatic` means on this machine. Throws Error of kind unavailable if avx512 is asked for and not
/// there.
CountMethod resolved(CountMethod method);

/// One set of maps made ready to be counted with: symbols for the histogram, masks for bit counting, and what
/// the marginals add. `columns` is the side whose masks are laid across vector lanes.
struct CountableMaps {
  SymbolMaps symbols = {};
  Masks masks = {};
  avx512::Columns columns = {};
  std::vector<std::int64_t> marginals = {};  // [channels], the table summed over the map's own histogram

  Index live() const;  // maps that are not constant
};

enum class CountedAs { rows, columns };
CountableMaps countable(SymbolMaps maps, const CellTable& table, CountMethod method, CountedAs side);

/// For each map of `rows`, the information with each map of `columns`, summed over these, in units of 2^-28/n
/// nats: I = (T(n) + T(joint) - T(row) - T(column)) / (2^28 n). Constant maps add exactly nothing. `method`
/// is resolved.
std::vector<std::int64_t> information_sums(const CountableMaps& rows, const CountableMaps& columns,
                                           const CellTable& table, CountMethod method);

/// The table summed over one map's histogram.
std::int64_t histogram_sum(std::span<const std::uint8_t> map, const CellTable& table);

/// The table summed over the joint histogram of two maps of one size.
std::int64_t joint_sum(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                       const CellTable& table);

}  // namespace weir
