/// The loss around an image in two of its 3072 dimensions: a plane through it that the gradient and a random
/// direction span.
#pragma once

#include <utility>

#include "data/png.h"
#include "study/trace.h"

namespace weir {

/// side x side points, row by row from the top. Along a row, `from` to `to` in the gradient's direction; from
/// bottom to top the same in the random one; data units (l2).
struct LossPlane {
  Index side = 0;
  double from = 0, to = 0;
  std::vector<double> loss;                      // [side * side], cross-entropy of the label
  std::vector<std::int32_t> answers;             // [side * side]
  std::vector<std::pair<double, double>> steps;  // of each step of the trace: where its shadow falls
};

struct PlaneOptions {
  Index side = 17;
  Rng rng = {};  // of the random direction
};

/// The plane is chosen so that the shadows of all steps lie in it. Away from the plane the loss of a step may
/// be another than at its shadow.
LossPlane loss_plane(Evaluator& evaluator, const Trace& trace, const PlaneOptions& options = {});

/// One square a point, `factor` pixels wide: blue where the answer is the label, orange where it is not, the
/// stronger the higher the loss; black where a step's shadow falls.
RgbPicture picture_of(const LossPlane& plane, std::int32_t label, Index factor);

}  // namespace weir
