/// A trace as tables: what `weir trace` leaves for other tools.
#pragma once

#include <string>

#include "study/trace.h"

namespace weir {

/// One line a step: iteration, objective, predicted_class, confidence, logit_0 ..., probability_0 ...,
/// l0_features, l2, linf, iip_distance, oip_distance, chosen_first, chosen_second. Numbers as the shortest
/// text that reads back to the same bits; what there is none of is an empty field.
std::string to_csv(const Trace& trace);

/// iteration,k,layer,iip,oip: one line for each step and conv layer.
std::string paths_csv(const Trace& trace);

/// softmax at temperature 1. [classes]
std::vector<double> probabilities(const TraceStep& step);

}  // namespace weir
