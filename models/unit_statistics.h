/// What the units of a network do on images.
#pragma once

#include "data/cifar.h"
#include "layers/evaluator.h"
#include "models/prune.h"

namespace weir {

/// One number a unit, a list for each prunable layer.
using UnitScores = std::vector<std::vector<double>>;

struct UnitStatistics {
  UnitScores zeros;   // average percentage of zeros, as a part of 1, at the ReLU's output and before a norm
  UnitScores effect;  // mean over images of |sum over positions of activation * d loss / d activation|
  InputMeans means;   // of what each layer's reader reads
};

enum class Measure { activations, gradients_too };

/// Over all images, in evaluation mode. Throws (usage) where a prunable layer has no ReLU.
UnitStatistics unit_statistics(const Architecture& architecture, const Sequential& network,
                               const ImageSet& images, Measure measure = Measure::activations);

}  // namespace weir
