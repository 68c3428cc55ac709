#include "infoflow/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "infoflow/minimise.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr double jitter = 1e-10;
constexpr double least_variance =
    1e-12;  // paths are nats of order 0.1: this is below every difference that matters

/// Correlation at `scaled` = distance / length, and its derivative by the logarithm of the length.
struct Correlation {
  double value, by_log_length;
};

Correlation correlation(GpKernel kernel, double scaled) {
  switch (kernel) {
    case GpKernel::rbf: {
      const double e = std::exp(-0.5 * scaled * scaled);
      return {e, scaled * scaled * e};
    }
    case GpKernel::matern32: {
      const double s = std::numbers::sqrt3 * scaled, e = std::exp(-s);
      return {(1 + s) * e, s * s * e};
    }
    case GpKernel::matern52: {
      const double s = std::sqrt(5.0) * scaled, e = std::exp(-s);
      return {(1 + s + s * s / 3) * e, s * s * (1 + s) / 3 * e};
    }
  }
  fail({.kind = ErrorKind::bug, .code = "E9999", .message = "a kernel that is not in the list"});
}

template <class Element>
SquareMatrix filled(Index rows, const Element& element) {
  SquareMatrix result(rows);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < rows; ++j) result(i, j) = element(i, j);
  return result;
}

SquareMatrix noise_of_means(const Replicates& data, double variance) {
  return filled(std::ssize(data.counts), [&](Index i, Index j) {
    return i == j ? variance / static_cast<double>(data.counts[static_cast<std::size_t>(i)]) : 0.0;
  });
}

SquareMatrix sum(const SquareMatrix& a, const SquareMatrix& b) {
  return filled(a.rows(), [&](Index i, Index j) { return a(i, j) + b(i, j); });
}

std::vector<double> less(std::span<const double> values, double amount) {
  std::vector<double> result(values.begin(), values.end());
  for (double& value : result) value -= amount;
  return result;
}

double log_counts(const Replicates& data) {
  return std::accumulate(data.counts.begin(), data.counts.end(), 0.0,
                         [](double sum, Index n) { return sum + std::log(static_cast<double>(n)); });
}

GpParameters parameters_of(GpKernel kernel, std::span<const double> x) {
  return {{kernel, x[0], x[1]}, x[2]};
}

}  // namespace

double Covariance::between(double a, double b) const {
  return std::exp(log_variance) * correlation(kernel, std::abs(a - b) / std::exp(log_length)).value;
}

SquareMatrix Covariance::matrix(std::span<const double> positions) const {
  return filled(std::ssize(positions), [&](Index i, Index j) {
    const double value =
        between(positions[static_cast<std::size_t>(i)], positions[static_cast<std::size_t>(j)]);
    return i == j ? value * (1 + jitter) : value;
  });
}

SquareMatrix Covariance::length_derivative(std::span<const double> positions) const {
  return filled(std::ssize(positions), [&](Index i, Index j) {
    const double apart =
        std::abs(positions[static_cast<std::size_t>(i)] - positions[static_cast<std::size_t>(j)]);
    return std::exp(log_variance) * correlation(kernel, apart / std::exp(log_length)).by_log_length;
  });
}

Index Replicates::total() const { return std::accumulate(counts.begin(), counts.end(), Index{0}); }

double Replicates::grand_mean() const {
  double sum = 0;
  for (std::size_t k = 0; k < means.size(); ++k) sum += static_cast<double>(counts[k]) * means[k];
  return sum / static_cast<double>(total());
}

Replicates replicates_of(std::span<const std::vector<double>> series) {
  expects(!series.empty(), "no paths to aggregate");
  const std::size_t length = series.front().size();
  Replicates result;
  for (std::size_t k = 0; k < length; ++k) {
    double sum = 0;
    for (const auto& path : series) {
      expects(path.size() == length, "a path of {} layers among paths of {}", path.size(), length);
      sum += path[k];
    }
    const double mean = sum / static_cast<double>(series.size());
    for (const auto& path : series) result.within += (path[k] - mean) * (path[k] - mean);
    result.positions.push_back(static_cast<double>(k + 1));
    result.means.push_back(mean);
    result.counts.push_back(std::ssize(series));
  }
  return result;
}

LogLikelihood log_likelihood(const Replicates& data, const GpParameters& parameters) {
  const double noise = std::exp(parameters.log_noise);
  const auto positions = static_cast<double>(data.positions.size()),
             total = static_cast<double>(data.total());
  const SquareMatrix signal = parameters.covariance.matrix(data.positions);
  const SquareMatrix noise_matrix = noise_of_means(data, noise);
  const Cholesky factor(sum(signal, noise_matrix));
  const std::vector<double> residual = less(data.means, data.grand_mean());
  const std::vector<double> weights = factor.solve(residual);
  const SquareMatrix inverse = factor.inverse();
  const SquareMatrix slope = filled(inverse.rows(), [&](Index i, Index j) {
    return weights[static_cast<std::size_t>(i)] * weights[static_cast<std::size_t>(j)] - inverse(i, j);
  });

  LogLikelihood result;
  result.value = -0.5 * (dot(residual, weights) + factor.log_determinant() + data.within / noise +
                         (total - positions) * parameters.log_noise + log_counts(data) +
                         total * std::log(2 * std::numbers::pi));
  result.gradient = {
      0.5 * trace_of_product(slope, signal),
      0.5 * trace_of_product(slope, parameters.covariance.length_derivative(data.positions)),
      0.5 * (trace_of_product(slope, noise_matrix) + data.within / noise - (total - positions))};
  return result;
}

Smoother::Smoother(std::span<const double> positions, const Covariance& covariance, const SquareMatrix& noise)
    : positions_(positions.begin(), positions.end()),
      covariance_(covariance),
      factor_(sum(covariance.matrix(positions), noise)) {}

std::vector<double> Smoother::covariances_with(double position) const {
  std::vector<double> result;
  for (const double known : positions_) result.push_back(covariance_.between(position, known));
  return result;
}

Posterior Smoother::at(double position, std::span<const double> means, double prior) const {
  const std::vector<double> cross = covariances_with(position);
  const double variance = covariance_.between(position, position) - dot(cross, factor_.solve(cross));
  return {prior + dot(cross, factor_.solve(less(means, prior))), std::sqrt(std::max(0.0, variance))};
}

std::vector<double> Smoother::smoothed(std::span<const double> means, double prior) const {
  const std::vector<double> weights = factor_.solve(less(means, prior));
  std::vector<double> result;
  for (const double position : positions_) result.push_back(prior + dot(covariances_with(position), weights));
  return result;
}

Smoother smoother(const Replicates& data, const GpParameters& parameters) {
  return {data.positions, parameters.covariance, noise_of_means(data, std::exp(parameters.log_noise))};
}

LogRange length_range(Index positions) {
  return {std::log(0.5), std::log(3.0 * static_cast<double>(positions))};
}

LogRange variance_range(std::span<const double> means) {
  const auto n = static_cast<double>(means.size());
  const double mean = std::accumulate(means.begin(), means.end(), 0.0) / n;
  const std::vector<double> residual = less(means, mean);
  const double variance = std::max(dot(residual, residual) / n, least_variance);
  return {std::max(std::log(1e-4 * variance), std::log(least_variance)), std::log(1e4 * variance)};
}

LogRange noise_range(double within, Index degrees) {
  const double pooled = degrees > 0 ? within / static_cast<double>(degrees) : 0;
  if (pooled <= least_variance) return {std::log(least_variance), std::log(least_variance)};
  return {std::max(std::log(1e-3 * pooled), std::log(least_variance)), std::log(1e3 * pooled)};
}

GpFit fit(const Replicates& data, GpKernel kernel) {
  const Index positions = std::ssize(data.positions);
  expects(positions >= 3, "a Gaussian process over {} layers has nothing to smooth, expected at least 3",
          positions);
  const LogRange variance = variance_range(data.means), length = length_range(positions);
  const LogRange noise = noise_range(data.within, data.total() - positions);
  const SmoothFunction cost = [&](std::span<const double> x) -> ValueAndGradient {
    const LogLikelihood found = log_likelihood(data, parameters_of(kernel, x));
    return {-found.value, {-found.gradient[0], -found.gradient[1], -found.gradient[2]}};
  };
  const SearchBox box{{variance.low, length.low, noise.low}, {variance.high, length.high, noise.high}};
  GpFit best{.log_likelihood = -HUGE_VAL};
  for (const double variance_start :
       {0.5, 0.75})  // the variance of the means itself, and a hundred times as much
    for (const double length_start : {0.125, 0.375, 0.625, 0.875}) {
      const Minimum found =
          minimise(cost, {variance.at(variance_start), length.at(length_start), noise.at(0.5)}, box);
      if (-found.value > best.log_likelihood)
        best = {parameters_of(kernel, found.x), -found.value, found.steepness};
    }
  return best;
}

}  // namespace weir
