/// The path of a population: many paths become one, with what is known about its error.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infoflow/gaussian_process.h"
#include "infoflow/information_path.h"

namespace weir {

enum class Aggregation {
  gp_iid,  // the mean of a Gaussian process fitted to all paths, noise independent
  mean,    // layer by layer
  median,
  gp_hier  // a Gaussian process with a curve of each image's own (hierarchical_process.h)
};

struct AggregateOptions {
  Aggregation rule = Aggregation::gp_iid;
  GpKernel kernel = GpKernel::rbf;
};

/// What a fit leaves for populations of another size: the prior covariance, and the noise [K, K] of one path.
struct FittedProcess {
  Covariance prior = {};
  SquareMatrix noise;
};

/// One panel of a figure: a value a layer, and the columns of the path tables.
struct Curve {
  std::vector<double> value = {};  // the aggregated path under the rule
  std::vector<double> mean = {}, deviation = {};
  std::vector<double> low = {}, high = {};  // mean -+ 1.96 deviation / sqrt(paths)
  std::vector<double> gp_mean = {}, gp_deviation = {};
  Index paths = 0;
  // [K, K]: how `value` follows from the mean path of as many paths. Hyper-parameters stay, so a resampled
  // population costs one product. Empty for the median, which is not linear.
  std::vector<double> weights = {};
  std::optional<FittedProcess> process = {};  // where the rule has one
  double worst_misfit = 0;                    // greatest |gp_mean - mean| in standard errors
};

/// IIP and OIP of one population on one model; the IOC is their pair.
struct Aggregate {
  Curve iip = {}, oip = {};
  std::vector<std::string> warnings =
      {};  // where the process misses the means by more than two standard errors
};

/// Throws Error of kind usage if there are no paths or their lengths differ. Under three layers there is no
/// process to fit: gp_mean is then the mean, and so is `value` unless the median was asked for.
Aggregate aggregate(std::span<const Path> paths, const AggregateOptions& options = {});

/// One curve of values series [N][K].
Curve aggregate_series(std::span<const std::vector<double>> series, const AggregateOptions& options);

/// The aggregated path of another population, given its mean path [K] and how many paths that is the mean of:
/// fewer are noisier and are smoothed more. Hyper-parameters as they were. Throws usage for a median.
std::vector<double> with_means(const Curve& curve, std::span<const double> means, Index paths);

}  // namespace weir
