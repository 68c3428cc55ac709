/// Paths as one shared curve plus a curve of each image's own: y_ik = f(k) + g_i(k) + noise, f ~ GP(c, C_f),
/// g_i ~ GP(0, C_g). The layers of one image deviate together, which the plain model takes for independent
/// noise; its bands around the mean are therefore too narrow, and these are not.
///
/// With complete paths the mean path and the K x K scatter matrix around it are all the likelihood needs,
/// exactly: mean ~ N(c, C_f + D/N) and scatter ~ Wishart(D, N - 1), D = C_g + s^2 I.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "infoflow/gaussian_process.h"
#include "infoflow/small_matrix.h"

namespace weir {

/// What N complete paths of K layers say to this model.
struct Scatter {
  std::vector<double> positions = {};  // [K], 1..K
  std::vector<double> means = {};      // [K]
  SquareMatrix matrix;                 // sum over paths of (y - mean)(y - mean)^T
  Index paths = 0;
};

Scatter scatter_of(std::span<const std::vector<double>> series);

struct HierarchicalParameters {
  Covariance shared = {};  // C_f
  Covariance own = {};     // C_g
  double log_noise = 0;
};

struct HierarchicalLikelihood {
  double value = 0;
  std::array<double, 5> gradient =
      {};  // shared variance and length, own variance and length, noise; all logarithms
};

/// ln p of all single values.
HierarchicalLikelihood log_likelihood(const Scatter& data, const HierarchicalParameters& parameters);

struct HierarchicalFit {
  HierarchicalParameters parameters = {};
  double log_likelihood = 0;
  double steepness = 0;
};

/// Both kernels of one kind, bounds as in `fit` of the plain model. Needs three layers and two paths.
HierarchicalFit fit_hierarchical(const Scatter& data, GpKernel kernel);

/// Of f; c is the mean of the means.
Smoother smoother(const Scatter& data, const HierarchicalParameters& parameters);

}  // namespace weir
