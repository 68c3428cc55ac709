/// The charts of a trace: what the network says and how the information flows, iteration by iteration.
#pragma once

#include <string>

#include "study/line_chart.h"
#include "study/trace.h"

namespace weir {

/// Every class's logit; the label's and the answer's lines are named, and where they cross is marked.
LineChart logit_chart(const Trace& trace);
/// The probability of the label, of the answer and of the target.
LineChart confidence_chart(const Trace& trace);

enum class PathKind { input, output };
/// The path of some steps, black to orange.
LineChart path_chart(const Trace& trace, PathKind kind);
/// By how much the attack has moved either path, layer by layer.
LineChart change_chart(const Trace& trace);
/// How far both paths are from those of the original.
LineChart drift_chart(const Trace& trace);

/// The colours of first to last step, black to orange: CSS variables --step-0 ... --step-11.
inline constexpr int step_colours = 12;
/// `share` of the way from first to last, in [0, 1]: "var(--step-5)".
std::string step_colour(double share);

}  // namespace weir
