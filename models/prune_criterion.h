/// By what pruning chooses units.
#pragma once

#include <string_view>

#include "models/unit_statistics.h"

namespace weir {

/// apoz: the part of a unit's activations that are zero (Hu et al. 2016, "Network Trimming"). l1: the size of
/// its weights (Li et al. 2017, "Pruning filters for efficient ConvNets"). taylor: how much the loss would
/// change without it, to first order (Molchanov et al. 2017, "Pruning convolutional neural networks for
/// resource efficient inference"). random: nothing, for comparison.
enum class PruneCriterion { apoz, l1, taylor, random };
std::string_view to_string(PruneCriterion criterion);

/// What it needs to have measured.
Measure measure_for(PruneCriterion criterion);

/// How little each unit is worth by this criterion: the larger, the sooner it goes. Scales differ from layer
/// to layer.
UnitScores redundancy(PruneCriterion criterion, const Architecture& architecture, const Sequential& network,
                      const UnitStatistics& statistics, std::uint64_t seed);

}  // namespace weir
