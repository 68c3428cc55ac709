/// A made-up trace, only for tests of tables and pages: no network has said any of it.
#pragma once

#include "study/trace.h"
#include "study/trace_page.h"

namespace weir {

struct SyntheticTraceOptions {
  Index steps = 12;       // after the original
  Index fooled_from = 5;  // step; beyond the last: the attack fails
  bool pairs = false;     // of a saliency map attack: two features a step
};

/// A cat that becomes a dog: 3x32x32, ten classes, four conv layers.
Trace synthetic_trace(const SyntheticTraceOptions& options = {});

TraceHeading synthetic_heading();

}  // namespace weir
