/// Gaussian-process regression over the layers of a network, for many paths measured at the same few layers.
///
/// Model: y_ki = f(k) + noise, f ~ GP(c, C), noise variance s^2, c the grand mean. With n_k values at layer k
/// the likelihood needs their means and one within-sum of squares only, exactly: K x K matrices, however many
/// paths (replicates are pooled as in Binois, Gramacy & Ludkovski 2018).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "infoflow/small_matrix.h"

namespace weir {

enum class GpKernel { rbf, matern32, matern52 };

/// A kernel with variance and length scale, both as logarithms so that an optimiser may move freely.
struct Covariance {
  GpKernel kernel = GpKernel::rbf;
  double log_variance = 0;
  double log_length = 0;

  double between(double a, double b) const;
  /// [K, K] at the positions, with 1e-10 of the variance on the diagonal as jitter.
  SquareMatrix matrix(std::span<const double> positions) const;
  /// d matrix / d log_length. (The derivative by log_variance is the matrix itself.)
  SquareMatrix length_derivative(std::span<const double> positions) const;
};

/// All that a Gaussian model with equal noise can learn from replicated values.
struct Replicates {
  std::vector<double> positions = {};  // [K]
  std::vector<double> means = {};      // [K]
  std::vector<Index> counts = {};      // [K], each at least 1
  double within = 0;                   // sum of squared deviations from the means of their positions

  Index total() const;
  double grand_mean() const;
};

/// series [N][K] at positions 1..K.
Replicates replicates_of(std::span<const std::vector<double>> series);

struct GpParameters {
  Covariance covariance = {};
  double log_noise = 0;  // ln s^2
};

struct LogLikelihood {
  double value = 0;
  std::array<double, 3> gradient = {};  // by log_variance, log_length, log_noise
};

/// ln p of all single values, not of the means alone.
LogLikelihood log_likelihood(const Replicates& data, const GpParameters& parameters);

/// Posterior of f, without the noise.
struct Posterior {
  double mean = 0;
  double deviation = 0;
};

/// f given the means at the positions, whose noise has covariance R [K, K]. Linear in the means, so a
/// resampled population is smoothed by one product.
class Smoother {
 public:
  Smoother(std::span<const double> positions, const Covariance& covariance, const SquareMatrix& noise);

  /// At any position; prior is c.
  Posterior at(double position, std::span<const double> means, double prior) const;
  /// Posterior means at the positions themselves.
  std::vector<double> smoothed(std::span<const double> means, double prior) const;

 private:
  std::vector<double> covariances_with(double position) const;

  std::vector<double> positions_;
  Covariance covariance_;
  Cholesky factor_;  // of C + R
};

Smoother smoother(const Replicates& data, const GpParameters& parameters);

/// Most likely parameters: eight starts, length in [0.5, 3K], variance within 1e4 of that of the means, noise
/// within 1e3 of the pooled variance (at its floor if all replicates agree). Needs at least three positions.
struct GpFit {
  GpParameters parameters = {};
  double log_likelihood = 0;
  double steepness = 0;  // near zero at an optimum inside the bounds
};

GpFit fit(const Replicates& data, GpKernel kernel);

/// The bounds and starts that `fit` shares with the hierarchical model.
struct LogRange {
  double low = 0;
  double high = 0;
  double at(double fraction) const { return low + fraction * (high - low); }
};
LogRange length_range(Index positions);
LogRange variance_range(std::span<const double> means);
LogRange noise_range(double within, Index degrees);

}  // namespace weir
