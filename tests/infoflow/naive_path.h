/// Information paths once more, straight from the definitions and in floating point: slow, plain, and sharing
/// no code with the library but its options. The oracle of the tests.
#pragma once

#include <vector>

#include "infoflow/information_path.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {

/// Every option except method and row_means; nulls use the given shifts.
Path naive_path(const std::vector<SampleMaps>& layers, const SampleMaps& image, const FlowOptions& options);

}  // namespace weir
