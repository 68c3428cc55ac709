#include "study/path_comparison.h"

#include <cmath>

#include "infoflow/compare.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Rows = std::span<const Index>;

/// The mean path of some rows, [K]. `row_of` gives a row's values.
template <class RowOf>
std::vector<double> mean_path(Rows rows, std::size_t layers, const RowOf& row_of) {
  std::vector<double> sum(layers, 0.0);
  for (const Index row : rows) {
    const std::span<const double> values = row_of(row);
    for (std::size_t k = 0; k < layers; ++k) sum[k] += values[k];
  }
  for (double& value : sum) value /= static_cast<double>(rows.size());
  return sum;
}

double resampled_distance(const Population& normal, const Population& changed, Side side, Rows first,
                          Rows second) {
  return distance(resampled_path(normal, side, first), resampled_path(changed, side, second));
}

ResampleOptions stream_of(const CompareOptions& options, std::uint32_t offset) {
  return {.seed = options.seed, .stream = options.stream + offset, .replicates = options.replicates};
}

/// Both populations as one, so that relabelling cannot change how paths are smoothed.
double permutation_test(const Population& normal, const Population& changed, Side side,
                        const ResampleOptions& options) {
  std::vector<Path> both = normal.paths;
  both.insert(both.end(), changed.paths.begin(), changed.paths.end());
  const Population pooled = population_of("pooled", "", std::move(both));
  const auto statistic = [&](Rows first, Rows second) {
    return resampled_distance(pooled, pooled, side, first, second);
  };
  return permutation_p_value({normal.count(), changed.count()}, statistic, options);
}

/// Mean absolute difference over the layers between changed and clean, each image with its own sign.
double signed_contrast(const Population& changed, const Population& clean, Side side,
                       std::span<const double> signs) {
  const std::size_t layers = changed.curve(side).mean.size();
  double sum = 0;
  for (std::size_t k = 0; k < layers; ++k) {
    double difference = 0;
    for (Index image = 0; image < changed.count(); ++image)
      difference +=
          signs[static_cast<std::size_t>(image)] * (changed.row(side, image)[k] - clean.row(side, image)[k]);
    sum += std::abs(difference) / static_cast<double>(changed.count());
  }
  return sum / static_cast<double>(layers);
}

}  // namespace

std::string_view short_name(Side side) { return side == Side::input ? "IIP" : "OIP"; }

std::span<const double> Population::row(Side side, Index input) const {
  const Path& path = paths[static_cast<std::size_t>(input)];
  return side == Side::input ? path.iip : path.oip;
}

Population population_of(std::string name, std::string colour, std::vector<Path> paths) {
  Population population{.name = std::move(name), .colour = std::move(colour), .paths = std::move(paths)};
  population.aggregate = aggregate(population.paths);
  return population;
}

std::vector<double> resampled_path(const Population& population, Side side, Rows rows) {
  const Curve& curve = population.curve(side);
  return with_means(curve,
                    mean_path(rows, curve.mean.size(), [&](Index row) { return population.row(side, row); }),
                    std::ssize(rows));
}

PathDistance compare_paths(const Population& normal, const Population& changed, const Population& clean,
                           Side side, const CompareOptions& options) {
  expects(changed.count() == clean.count(), "{} changed images need as many clean ones, found {}",
          changed.count(), clean.count());
  const auto statistic = [&](Rows first, Rows second) {
    return resampled_distance(normal, changed, side, first, second);
  };
  PathDistance result;
  result.value = distance(normal.curve(side).value, changed.curve(side).value);
  const std::vector<double> resampled =
      bootstrap_values({normal.count(), changed.count()}, statistic, stream_of(options, 0));
  result.interval = percentile_interval(resampled);
  result.bias = bootstrap_bias(resampled, result.value);
  result.p_value = permutation_test(normal, changed, side, stream_of(options, 1));
  const auto flipped = [&](std::span<const double> signs) {
    return signed_contrast(changed, clean, side, signs);
  };
  const std::vector<double> as_observed(static_cast<std::size_t>(changed.count()), 1.0);
  result.paired = flipped(as_observed);
  result.paired_p_value = sign_flip_p_value(changed.count(), flipped, stream_of(options, 2));
  return result;
}

PairedDifference paired_difference(const Population& changed, const Population& clean, Side side) {
  PairedDifference result;
  for (std::size_t layer = 0; layer < changed.curve(side).mean.size(); ++layer) {
    std::vector<double> differences;
    for (Index image = 0; image < changed.count(); ++image)
      differences.push_back(changed.row(side, image)[layer] - clean.row(side, image)[layer]);
    result.mean.push_back(mean(differences));
    result.deviation.push_back(standard_deviation(differences));
  }
  return result;
}

Measured output_minus_input(const Population& normal, const Population& changed,
                            const CompareOptions& options) {
  const auto contrast = [&](Rows first, Rows second) {
    return resampled_distance(normal, changed, Side::output, first, second) -
           resampled_distance(normal, changed, Side::input, first, second);
  };
  const auto values = bootstrap_values({normal.count(), changed.count()}, contrast, stream_of(options, 3));
  const double value = distance(normal.curve(Side::output).value, changed.curve(Side::output).value) -
                       distance(normal.curve(Side::input).value, changed.curve(Side::input).value);
  return {.value = value,
          .interval = percentile_interval(values, 0.90),  // two one-sided 95 % bounds
          .n = changed.count(),
          .bias = bootstrap_bias(values, value)};
}

NoiseFloor noise_floor(const Population& population, Side side, const CompareOptions& options) {
  const auto statistic = [&](Rows first, Rows second) {
    return resampled_distance(population, population, side, first, second);
  };
  const auto values = split_half_values(population.count(), statistic, stream_of(options, 0));
  return {.median = quantile(values, 0.5), .margin = quantile(values, 0.95)};
}

}  // namespace weir
