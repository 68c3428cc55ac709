/// Mutual information and entropy of symbol maps, one pair at a time: the definition that the fast sums are
/// tested by.
#pragma once

#include <cstdint>
#include <span>

#include "infoflow/flow_options.h"

namespace weir {

/// I(a; b) in nats from the joint histogram of aligned symbols a, b [n], each below 64. The plug-in estimate
/// lies in [0, min(H(a), H(b))]; Miller-Madow may leave it. Throws usage if the sizes differ, are 0, or for
/// shift_null, which needs the map's shape (layer_information.h).
double mutual_information(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                          Estimator estimator = Estimator::plug_in);

/// H(a) in nats.
double entropy(std::span<const std::uint8_t> a);

}  // namespace weir
