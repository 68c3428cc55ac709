/// Verdicts: an attack's own opinion counts for nothing. Each image is shown to the model alone, then once
/// more as the 8-bit picture that a file would hold.
#pragma once

#include <vector>

#include "attacks/attack.h"

namespace weir {

struct Ruling {
  std::int32_t answer = no_class;
  double confidence = 0;  // of the target, or of the answer when there is none
  double margin = 0;  // largest logit other than the label's minus the label's; targeted: the target's lead
  bool success = false;
  std::int32_t rounded_answer = no_class;  // asked for successes only
  bool survives_rounding = false;
};

/// One verdict for each victim. images [n, C, H, W], every one judged by a forward pass of batch 1.
std::vector<Ruling> judge_alone(Evaluator& judge, const Victims& victims, const Tensor& images);

/// The nearest of the 256 grey levels in `pixels`, in x's element type: what an 8-bit file gives back. Ties
/// go to the even level.
Tensor rounded_to_8_bits(const Tensor& x, Range pixels);

}  // namespace weir
