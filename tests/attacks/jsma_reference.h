/// JSMA as the literature and cleverhans 2.0 write it: one image, the whole Jacobian from a backward pass for
/// each class, the whole matrix of scores, and its argmax. Slow, plain, and independent of attacks/jsma.cpp.
#pragma once

#include "attacks/jsma.h"
#include "tests/support/data.h"

namespace weir {

struct ReferenceRun {
  Values image;
  Index iterations = 0;
  bool success = false;
};

/// image [1, C, H, W] in float.
ReferenceRun reference_jsma(Evaluator& evaluator, const Tensor& image, std::int32_t target,
                            const JsmaOptions& options, Range pixels = {});

/// The same task with every image on the way to the class that lies `distance` behind its own.
AttackTask aimed(AttackTask task, Index classes, std::int32_t distance);

}  // namespace weir
