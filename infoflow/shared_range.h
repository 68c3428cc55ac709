/// RangeRule::shared: each pair of maps has a range, and so symbols, of its own. Nothing can be prepared once
/// for all pairs, which makes this the slow road: a diagnostic for one question, not the study's measure.
#pragma once

#include "infoflow/feature_maps.h"
#include "infoflow/flow_options.h"
#include "infoflow/layer_information.h"

namespace weir {

struct SharedRangeRule {
  const FlowOptions& options;
  PairRule pairs;
  Pairing kind = Pairing::with_others;
};

/// As information_of. A pair is constant if one of its maps has a single symbol in the pair's range.
InformationSums shared_range_information(const LayerMaps& layer, const LayerMaps& reference, MapSize size,
                                         const SharedRangeRule& rule);

}  // namespace weir
