/// Small networks for the tests of layers/, and questions about them.
#pragma once

#include "layers/evaluator.h"
#include "layers/layers.h"
#include "tests/support/data.h"
#include "tests/support/thread_budget.h"

namespace weir {

enum class Norming { none, before_activation };

/// Two convolutions of odd widths (pruned networks have them), pooling, two linear layers; images
/// [N,3,12,12]. With norms, their running values are not those of any batch.
Sequential small_network(Device& device, Norming norming = Norming::none, DType dtype = DType::f32);

/// Uniform in [-1, 1], a function of the seed.
Tensor random_images(const Shape& shape, std::uint64_t seed, Device& device, DType dtype = DType::f32);

/// Two cotangents a row that depend on its logits alone: the logits themselves, and one class.
Tensor two_cotangents(const Tensor& logits, RowRange rows);

}  // namespace weir
