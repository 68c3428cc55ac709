#include "infoflow/aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "infoflow/hierarchical_process.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Series = std::span<const std::vector<double>>;

constexpr double normal_95 = 1.959963984540054;
constexpr std::size_t least_layers = 3;

double median_of(std::vector<double> values) {
  const std::size_t middle = values.size() / 2;
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(middle));
  if (values.size() % 2 == 1) return values[middle];
  return (*std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle)) +
          values[middle]) /
         2;
}

std::vector<double> column(Series series, std::size_t k) {
  std::vector<double> values;
  for (const auto& path : series) values.push_back(path[k]);
  return values;
}

std::vector<double> medians(Series series) {
  std::vector<double> result;
  for (std::size_t k = 0; k < series.front().size(); ++k) result.push_back(median_of(column(series, k)));
  return result;
}

double deviation_of(const std::vector<double>& values, double mean) {
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0;
}

void describe_layers(Series series, const Replicates& data, Curve& curve) {
  curve.paths = std::ssize(series);
  curve.mean = data.means;
  for (std::size_t k = 0; k < data.means.size(); ++k) {
    curve.deviation.push_back(deviation_of(column(series, k), data.means[k]));
    const double half = normal_95 * curve.deviation[k] / std::sqrt(static_cast<double>(series.size()));
    curve.low.push_back(data.means[k] - half);
    curve.high.push_back(data.means[k] + half);
  }
}

std::vector<double> identity(std::size_t rows) {
  std::vector<double> result(rows * rows, 0.0);
  for (std::size_t i = 0; i < rows; ++i) result[i * rows + i] = 1;
  return result;
}

/// The smoother as a matrix, column by column; the prior mean is the mean of the means, so it moves with
/// them.
std::vector<double> weights_of(const Smoother& smoother, std::size_t layers) {
  std::vector<double> result(layers * layers);
  for (std::size_t j = 0; j < layers; ++j) {
    std::vector<double> unit(layers, 0.0);
    unit[j] = 1;
    const std::vector<double> response = smoother.smoothed(unit, 1 / static_cast<double>(layers));
    for (std::size_t i = 0; i < layers; ++i) result[i * layers + j] = response[i];
  }
  return result;
}

FittedProcess fitted_process(Series series, const Replicates& data, const AggregateOptions& options) {
  const auto layers = static_cast<Index>(data.means.size());
  if (options.rule == Aggregation::gp_hier && series.size() > 1) {
    const HierarchicalParameters found = fit_hierarchical(scatter_of(series), options.kernel).parameters;
    const SquareMatrix own = found.own.matrix(data.positions);
    return {found.shared, combined(own, std::exp(found.log_noise), scaled_identity(layers, 1))};
  }
  const GpParameters found = fit(data, options.kernel).parameters;
  return {found.covariance, scaled_identity(layers, std::exp(found.log_noise))};
}

/// For the means of so many paths, at the layers 1..K.
Smoother smoother_of(const FittedProcess& process, Index paths) {
  const Index layers = process.noise.rows();
  std::vector<double> positions(static_cast<std::size_t>(layers));
  std::iota(positions.begin(), positions.end(), 1.0);
  const SquareMatrix none(layers);
  return {positions, process.prior, combined(none, 1 / static_cast<double>(paths), process.noise)};
}

void describe_process(const Replicates& data, const std::optional<Smoother>& process, Curve& curve) {
  const double root = std::sqrt(static_cast<double>(curve.paths));
  for (std::size_t k = 0; k < data.means.size(); ++k) {
    const double error = curve.deviation[k] / root;
    const Posterior point = process ? process->at(data.positions[k], data.means, data.grand_mean())
                                    : Posterior{data.means[k], error};
    curve.gp_mean.push_back(point.mean);
    curve.gp_deviation.push_back(point.deviation);
    const double miss = std::abs(point.mean - data.means[k]);
    if (error > 0) curve.worst_misfit = std::max(curve.worst_misfit, miss / error);
  }
}

std::vector<std::vector<double>> series_of(std::span<const Path> paths, std::vector<double> Path::*which) {
  std::vector<std::vector<double>> result;
  for (const Path& path : paths) result.push_back(path.*which);
  return result;
}

void warn_of_misfit(std::string_view panel, const Curve& curve, Aggregate& result) {
  constexpr double most = 2;
  if (curve.worst_misfit > most)
    result.warnings.push_back(fmt::format(
        "{}: the fitted process misses a layer's mean by {:.1f} standard errors, expected at most {:.0f}",
        panel, curve.worst_misfit, most));
}

}  // namespace

Curve aggregate_series(Series series, const AggregateOptions& options) {
  const Replicates data = replicates_of(series);
  const std::size_t layers = data.means.size();
  Curve curve;
  describe_layers(series, data, curve);
  std::optional<FittedProcess> fitted;
  if (layers >= least_layers) fitted = fitted_process(series, data, options);
  std::optional<Smoother> process;
  if (fitted) process = smoother_of(*fitted, curve.paths);
  describe_process(data, process, curve);
  switch (options.rule) {
    case Aggregation::median:
      curve.value = medians(series);
      break;
    case Aggregation::mean:
      curve.value = curve.mean;
      curve.weights = identity(layers);
      break;
    case Aggregation::gp_iid:
    case Aggregation::gp_hier:
      curve.value = curve.gp_mean;
      curve.weights = process ? weights_of(*process, layers) : identity(layers);
      curve.process = std::move(fitted);
      break;
  }
  return curve;
}

std::vector<double> with_means(const Curve& curve, std::span<const double> means, Index paths) {
  const std::size_t layers = curve.value.size();
  expects(!curve.weights.empty(),
          "a median path does not follow from a mean path: aggregate the paths themselves");
  expects(means.size() == layers, "a mean path of {} layers for a curve of {}", means.size(), layers);
  expects(paths >= 1, "the mean of {} paths", paths);
  const bool other_size = curve.process && paths != curve.paths;
  const std::vector<double> weights =
      other_size ? weights_of(smoother_of(*curve.process, paths), layers) : curve.weights;
  std::vector<double> result;
  for (std::size_t i = 0; i < layers; ++i)
    result.push_back(dot(std::span(weights).subspan(i * layers, layers), means));
  return result;
}

Aggregate aggregate(std::span<const Path> paths, const AggregateOptions& options) {
  Aggregate result{.iip = aggregate_series(series_of(paths, &Path::iip), options),
                   .oip = aggregate_series(series_of(paths, &Path::oip), options)};
  warn_of_misfit("IIP", result.iip, result);
  warn_of_misfit("OIP", result.oip, result);
  return result;
}

}  // namespace weir
