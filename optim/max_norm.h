/// The max-norm constraint: no output unit's weights grow longer than a bound (Srivastava et al. 2014,
/// "Dropout", where it goes with high rates).
#pragma once

#include <span>

#include "autograd/var.h"

namespace weir {

/// Shortens the weights of each output unit, row k of [K, ...], to a Euclidean norm of at most `largest`, in
/// place; call it after each step. Values of rank 1 (biases, batch norm) are free. For a linear layer this is
/// Keras' MaxNorm(largest, axis=0). For a convolution it is axis=[0, 1, 2]: Keras' default of axis=0 bounds
/// each column of R numbers of a filter alone and lets a 3x3 filter of C channels grow to sqrt(3 C) times
/// `largest`. Throws unless largest > 0.
void limit_unit_norms(std::span<Parameter* const> parameters, double largest);

}  // namespace weir
