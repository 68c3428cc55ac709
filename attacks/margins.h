/// Losses of logits that do not saturate: how far ahead the wrong class is.
#pragma once

#include <span>

#include "layers/evaluator.h"

namespace weir {

/// The classes that a row's loss is about.
struct Rivals {
  std::int32_t label = 0;
  std::int32_t target = -1;  // -1: whichever other class is largest
};

/// Where z_1 >= z_2 >= ... and t is the largest class but y, or the target:
/// cw: z_t - z_y; towards a target, z_t minus the largest other (Carlini & Wagner 2017, "Towards evaluating
/// the robustness of neural networks", f_6 without its floor).
/// dlr: (z_t - z_y) / (z_1 - z_3); towards a target, over z_1 - (z_3 + z_4) / 2 (Croce & Hein 2020, "Reliable
/// evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks", section 5). No
/// scaling of the logits changes it.
enum class Margin { cw, dlr };

/// How many classes a network must have for it: 2, 3, or 4 for dlr towards targets.
Index classes_needed(Margin margin, bool targeted);

/// Of one row.
double margin_value(Margin margin, std::span<const double> logits, Rivals rivals);

/// d(margin)/d(logits) of each row; rivals hold one entry for each row that will be asked about.
SeedRule margin_seeds(Margin margin, std::vector<Rivals> rivals);

}  // namespace weir
