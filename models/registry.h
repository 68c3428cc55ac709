/// The networks of the study by name; tables and counts in the paper's appendix and, corrected, in `weir
/// models`.
#pragma once

#include <string_view>
#include <vector>

#include "models/architecture.h"

namespace weir {

/// 15 convolutions that start well or not at all (the paper's Table X): 1,071,542 parameters.
Architecture good_init();
/// 6 convolutions and two wide linear layers: 2,915,114 parameters.
Architecture deep_conv();
/// 13 convolutions with batch norm behind the activation: 15,001,418 values, 9,472 of them running
/// statistics.
Architecture vgg_like();

std::vector<std::string_view> model_names();
/// Throws (usage) that lists the names, with the nearest one in help.
Architecture architecture_named(std::string_view name);

}  // namespace weir
