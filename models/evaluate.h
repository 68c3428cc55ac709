/// How good a network is on labelled images.
#pragma once

#include "data/cifar.h"
#include "layers/evaluator.h"

namespace weir {

struct Evaluation {
  Index count = 0;
  Index correct = 0;
  double loss = 0;               // mean cross-entropy
  double mean_confidence = 0;    // of the predicted class, whether right or wrong
  double calibration_error = 0;  // expected calibration error (Naeini et al. 2015), 15 bins of equal width

  double accuracy() const {
    return count > 0 ? static_cast<double>(correct) / static_cast<double>(count) : 0;
  }
};

/// The first `limit` images, or all when it is 0. Prediction is the largest logit, the lowest index on ties;
/// confidence is its softmax at temperature 1. Throws Error E0503 (numerical) when a logit is not finite.
Evaluation evaluate(Evaluator& evaluator, const ImageSet& images, Index limit = 0);

/// The same from logits [N, classes].
Evaluation evaluate(const Tensor& logits, std::span<const std::int32_t> labels);

/// Of all images, in data units.
Tensor image_tensor(const ImageSet& images, RowRange rows, Device& device);

}  // namespace weir
