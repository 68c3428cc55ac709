/// Initial weights of every convolution and linear layer, at any depth. Biases start at zero; every number is
/// a function of (rng, parameter name), so that a change in one layer leaves the others alone.
#pragma once

#include "layers/layers.h"

namespace weir {

struct HeOptions {
  /// Variance of a linear layer's weights times its fan-in. With batch norm below, global max pooling gives
  /// large positive features, and He's 2 would kill the hidden ReLUs in the first steps; 1/3 learns at once.
  double linear_gain = 1.0 / 3;
};

/// Normal weights with variance 2 / fan-in for convolutions (He et al. 2015) and linear_gain / fan-in for
/// linear layers.
void initialise_he(Sequential& network, const Rng& rng, const HeOptions& options = {});

/// Normal weights with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010): for sigmoid and tanh.
void initialise_glorot(Sequential& network, const Rng& rng);

struct LsuvOptions {
  double tolerance = 0.02;     // on the variance of each layer's pre-activations
  int most_iterations = 20;    // per layer
  double head_variance = 0.1;  // target of the last linear layer, for a calm first loss; all others: 1
};

/// Layer-sequential unit-variance initialisation (Mishkin and Matas 2016): orthonormal weights, then layer by
/// layer scaled until the pre-activations of `images` [N,3,H,W] (256 or more) have unit variance. Throws
/// Error (numerical) when a layer's output has no variance.
void initialise_lsuv(Sequential& network, const Tensor& images, const LsuvOptions& options, const Rng& rng);

/// A [rows, columns] matrix with orthonormal rows (rows <= columns) or columns, from normal numbers by Gram
/// and Schmidt.
std::vector<double> orthonormal_matrix(Index rows, Index columns, const Rng& rng);

}  // namespace weir
