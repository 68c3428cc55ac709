/// What one row of logits says, read on the host in double.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace weir {

/// The first of the largest logits; -1 when any logit is NaN.
std::int32_t predicted_class(std::span<const double> logits);

/// Of the classes but `label`, the one of the `rank`-th largest logit, from 0; the first of equal ones.
std::int32_t ranked_other(std::span<const double> logits, std::int32_t label, Index rank);

/// softmax(z)[index] at temperature 1.
double confidence_of(std::span<const double> logits, std::int32_t index);

/// z[index] minus the largest other logit: how safely `index` is the answer.
double lead_of(std::span<const double> logits, std::int32_t index);

/// log(sum_k exp(z[k] - z[index])) over the classes but `index`: the log odds against it. Does not underflow.
double log_odds_against(std::span<const double> logits, std::int32_t index);

/// -sum_k weights[k] log softmax(z)[k], down to the odds that a double can hold: e^-745.
double cross_entropy_of(std::span<const double> logits, std::span<const double> weights);

/// Calls visit(row, its values as double) for every row in order. Reads a bounded number of rows at a time.
void for_each_row(const Tensor& x,
                  const std::function<void(Index row, std::span<const double> values)>& visit);

}  // namespace weir
