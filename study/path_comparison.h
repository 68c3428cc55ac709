/// How far the paths of one population lie from those of another, and whether that means anything: bootstrap
/// interval, noise floor, permutation and the paired contrast with each image's own clean version.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infoflow/aggregate.h"
#include "study/resampling.h"

namespace weir {

enum class Side { input, output };
std::string_view short_name(Side side);  // "IIP", "OIP"

/// Paths of one population on one model: [inputs][layers] for each side.
struct Population {
  std::string name;    // "FGSM"
  std::string colour;  // of palette.h
  std::vector<Path> paths = {};
  Aggregate aggregate = {};

  Index count() const { return static_cast<Index>(paths.size()); }
  const Curve& curve(Side side) const { return side == Side::input ? aggregate.iip : aggregate.oip; }
  std::span<const double> row(Side side, Index input) const;
};

/// Fits the Gaussian process once; everything below reuses its linear smoother.
Population population_of(std::string name, std::string colour, std::vector<Path> paths);

/// The aggregated path of some rows of a population, rows may repeat: [K]. Hyper-parameters are the
/// population's.
std::vector<double> resampled_path(const Population& population, Side side, std::span<const Index> rows);

struct PathDistance {
  double value = 0;           // mean over the layers of |aggregated difference|, nats
  Interval interval;          // bootstrap over images of both populations, 95 % percentiles
  double bias = 0;            // of the same bootstrap: mean of its distances minus the value
  double p_value = 1;         // permutation of the labels
  double paired = 0;          // the same distance from the images' own clean versions
  double paired_p_value = 1;  // sign flips, one coin an image
};

struct CompareOptions {
  std::uint64_t seed = 2018;
  Index replicates = 2000;
  std::uint32_t stream = 0;  // the first of four that a comparison uses
};

/// `changed` against `normal`; row i of `clean` is the unperturbed image of row i of `changed`.
PathDistance compare_paths(const Population& normal, const Population& changed, const Population& clean,
                           Side side, const CompareOptions& options);

/// Mean and standard deviation over images, layer by layer, of changed minus clean: [K] each.
struct PairedDifference {
  std::vector<double> mean;
  std::vector<double> deviation;
};
PairedDifference paired_difference(const Population& changed, const Population& clean, Side side);

/// OIP distance minus IIP distance, on the same resamples: whether the output moves more than the input.
Measured output_minus_input(const Population& normal, const Population& changed,
                            const CompareOptions& options);

/// Distances between two random halves of one population: their 95th percentile is the equivalence margin.
struct NoiseFloor {
  double median = 0;
  double margin = 0;
};
NoiseFloor noise_floor(const Population& population, Side side, const CompareOptions& options);

}  // namespace weir
