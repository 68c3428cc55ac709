/// Symbols as sets of pixels: bit p of a mask says that pixel p has the mask's symbol. A cell of a joint
/// histogram is then the number of bits that two masks share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "infoflow/flow_options.h"
#include "infoflow/symbol_maps.h"

namespace weir {

/// The masks of all maps of a layer, one after the other. Constant maps have none: with anything, their
/// information is exactly zero. Nor have symbols rarer than the `least_count` they were made with.
struct Masks {
  Index positions = 0;
  Index words = 0;                         // 64 pixels each; the bits beyond the last pixel are zero
  std::vector<std::uint64_t> bits = {};    // [masks, words]
  std::vector<Index> counts = {};          // [masks], bits set
  std::vector<Index> first = {};           // [channels + 1]: map c has the masks first[c] .. first[c + 1] - 1
  std::vector<int> occupied_symbols = {};  // [channels], of all counts

  Index size() const { return static_cast<Index>(counts.size()); }
  bool constant(Index channel) const { return occupied_symbols[static_cast<std::size_t>(channel)] <= 1; }
  std::span<const std::uint64_t> mask(Index i) const {
    return std::span(bits).subspan(static_cast<std::size_t>(i * words), static_cast<std::size_t>(words));
  }
};

/// Maps that are not constant, by the number of symbols that each has in use.
Index live_maps(std::span<const int> occupied_symbols);

/// `method` chooses the instructions, not the result.
Masks masks_of(const SymbolMaps& maps, int least_count, CountMethod method);

}  // namespace weir
