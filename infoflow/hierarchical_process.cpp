#include "infoflow/hierarchical_process.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "infoflow/minimise.h"
#include "tensor/check.h"

namespace weir {
namespace {

SquareMatrix product(const SquareMatrix& a, const SquareMatrix& b) {
  SquareMatrix result(a.rows());
  for (Index i = 0; i < a.rows(); ++i)
    for (Index k = 0; k < a.rows(); ++k)
      for (Index j = 0; j < a.rows(); ++j) result(i, j) += a(i, k) * b(k, j);
  return result;
}

double trace(const SquareMatrix& a) {
  double sum = 0;
  for (Index i = 0; i < a.rows(); ++i) sum += a(i, i);
  return sum;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// ln N(means; c, A) and its slope: d/dA is half of `slope`.
struct MeanPart {
  double value;
  SquareMatrix slope;
};

MeanPart mean_part(const Scatter& data, const SquareMatrix& covariance) {
  const Cholesky factor(covariance);
  std::vector<double> residual = data.means;
  const double centre = mean_of(data.means);
  for (double& r : residual) r -= centre;
  const std::vector<double> weights = factor.solve(residual);
  SquareMatrix slope = factor.inverse();
  for (Index i = 0; i < slope.rows(); ++i)
    for (Index j = 0; j < slope.rows(); ++j)
      slope(i, j) = weights[static_cast<std::size_t>(i)] * weights[static_cast<std::size_t>(j)] - slope(i, j);
  const double constant = static_cast<double>(data.means.size()) * std::log(2 * std::numbers::pi);
  return {-0.5 * (dot(residual, weights) + factor.log_determinant() + constant), std::move(slope)};
}

/// The same for the deviations from the mean path, which have N - 1 degrees of freedom.
MeanPart scatter_part(const Scatter& data, const SquareMatrix& covariance) {
  const Cholesky factor(covariance);
  const SquareMatrix inverse = factor.inverse();
  const auto layers = static_cast<double>(data.means.size()), paths = static_cast<double>(data.paths);
  const double value =
      -0.5 * ((paths - 1) * (factor.log_determinant() + layers * std::log(2 * std::numbers::pi)) +
              trace_of_product(inverse, data.matrix) + layers * std::log(paths));
  return {value, combined(product(product(inverse, data.matrix), inverse), -(paths - 1), inverse)};
}

HierarchicalParameters parameters_of(GpKernel kernel, std::span<const double> x) {
  return {{kernel, x[0], x[1]}, {kernel, x[2], x[3]}, x[4]};
}

}  // namespace

Scatter scatter_of(std::span<const std::vector<double>> series) {
  const Replicates plain = replicates_of(series);
  const Index layers = std::ssize(plain.means);
  Scatter result{plain.positions, plain.means, SquareMatrix(layers), std::ssize(series)};
  for (const auto& path : series)
    for (Index i = 0; i < layers; ++i)
      for (Index j = 0; j < layers; ++j) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
        result.matrix(i, j) += (path[a] - plain.means[a]) * (path[b] - plain.means[b]);
      }
  return result;
}

HierarchicalLikelihood log_likelihood(const Scatter& data, const HierarchicalParameters& parameters) {
  const auto paths = static_cast<double>(data.paths);
  const double noise = std::exp(parameters.log_noise);
  const SquareMatrix shared = parameters.shared.matrix(data.positions),
                     own = parameters.own.matrix(data.positions);
  const SquareMatrix single = combined(own, noise, scaled_identity(own.rows(), 1));
  const MeanPart mean = mean_part(data, combined(shared, 1 / paths, single));
  const MeanPart scatter = scatter_part(data, single);
  const SquareMatrix single_slope = combined(scatter.slope, 1 / paths, mean.slope);

  HierarchicalLikelihood result;
  result.value = mean.value + scatter.value;
  result.gradient = {0.5 * trace_of_product(mean.slope, shared),
                     0.5 * trace_of_product(mean.slope, parameters.shared.length_derivative(data.positions)),
                     0.5 * trace_of_product(single_slope, own),
                     0.5 * trace_of_product(single_slope, parameters.own.length_derivative(data.positions)),
                     0.5 * noise * trace(single_slope)};
  return result;
}

HierarchicalFit fit_hierarchical(const Scatter& data, GpKernel kernel) {
  const Index layers = std::ssize(data.positions);
  expects(layers >= 3 && data.paths >= 2,
          "a hierarchical process over {} paths of {} layers, expected at least 2 paths of 3", data.paths,
          layers);
  const LogRange shared = variance_range(data.means), length = length_range(layers);
  const LogRange noise = noise_range(trace(data.matrix), layers * (data.paths - 1));
  const SmoothFunction cost = [&](std::span<const double> x) -> ValueAndGradient {
    const HierarchicalLikelihood found = log_likelihood(data, parameters_of(kernel, x));
    ValueAndGradient result{-found.value, {}};
    for (const double slope : found.gradient) result.gradient.push_back(-slope);
    return result;
  };
  const SearchBox box{{shared.low, length.low, noise.low, length.low, noise.low},
                      {shared.high, length.high, noise.high, length.high, noise.high}};
  HierarchicalFit best{.log_likelihood = -HUGE_VAL};
  for (const double shared_length : {0.25, 0.75})
    for (const double own_length : {0.25, 0.75})
      for (const double own_part : {0.45, 0.5}) {  // of the pooled variance: a half, all of it
        const Minimum found = minimise(cost,
                                       {shared.at(0.5), length.at(shared_length), noise.at(own_part),
                                        length.at(own_length), noise.at(0.4)},
                                       box);
        if (-found.value > best.log_likelihood)
          best = {parameters_of(kernel, found.x), -found.value, found.steepness};
      }
  return best;
}

Smoother smoother(const Scatter& data, const HierarchicalParameters& parameters) {
  const SquareMatrix own = parameters.own.matrix(data.positions);
  const SquareMatrix single = combined(own, std::exp(parameters.log_noise), scaled_identity(own.rows(), 1));
  const SquareMatrix none(own.rows());
  return {data.positions, parameters.shared, combined(none, 1 / static_cast<double>(data.paths), single)};
}

}  // namespace weir
