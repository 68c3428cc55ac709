/// The paper's figures, from an experiment.
#pragma once

#include "study/experiment.h"
#include "study/figure.h"
#include "study/image_grid.h"
#include "study/network_diagram.h"

namespace weir {

/// How many times as strong as it is a perturbation is shown.
inline constexpr float difference_gain = 20.0f;

/// Figure 1: images that every attack fooled, each row an attack, then what the attacks added. Empty when
/// there are none.
ImageGrid figure_of_images(const Experiment& experiment);

/// Figure 4: aggregated paths of normal and adversarial inputs with 95 % bands, and their difference from
/// normal.
Figure figure_of_paths(const Experiment& experiment);

}  // namespace weir
