#include "infoflow/gaussian_process.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <numbers>

#include "infoflow/hierarchical_process.h"
#include "infoflow/minimise.h"
#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {
namespace {

using Series = std::vector<std::vector<double>>;

/// Paths like the study's: a rise, a curve of each image's own, noise.
Series paths(std::size_t count, std::size_t layers, Rng rng) {
  Series result(count, std::vector<double>(layers));
  for (std::size_t i = 0; i < count; ++i) {
    const double lift = 0.03 * random_normal(rng.split(1), i);
    for (std::size_t k = 0; k < layers; ++k) {
      const double x = static_cast<double>(k);
      result[i][k] = 0.3 + 0.1 * std::sin(x / 2) + lift + 0.02 * random_normal(rng.split(2), i * layers + k);
    }
  }
  return result;
}

/// ln N(y; c, A), the long way: Gaussian elimination on the whole matrix of all single values.
double log_normal(std::vector<double> y, double c, std::vector<std::vector<double>> a) {
  const std::size_t n = y.size();
  for (double& v : y) v -= c;
  const std::vector<double> residual = y;
  double log_determinant = 0;
  for (std::size_t j = 0; j < n; ++j) {
    log_determinant += std::log(a[j][j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      const double factor = a[i][j] / a[j][j];
      for (std::size_t k = j; k < n; ++k) a[i][k] -= factor * a[j][k];
      y[i] -= factor * y[j];
    }
  }
  for (std::size_t j = n; j-- > 0;) {
    for (std::size_t k = j + 1; k < n; ++k) y[j] -= a[j][k] * y[k];
    y[j] /= a[j][j];
  }
  return -0.5 *
         (dot(residual, y) + log_determinant + static_cast<double>(n) * std::log(2 * std::numbers::pi));
}

/// All single values of some series in a row, with the covariance of any two of them.
struct Whole {
  std::vector<double> values;
  std::vector<std::vector<double>> covariance;

  Whole(const Series& series,
        const std::function<double(std::size_t i, std::size_t k, std::size_t j, std::size_t l)>& of) {
    for (std::size_t i = 0; i < series.size(); ++i)
      for (std::size_t k = 0; k < series[i].size(); ++k) {
        values.push_back(series[i][k]);
        covariance.emplace_back();
        for (std::size_t j = 0; j < series.size(); ++j)
          for (std::size_t l = 0; l < series[j].size(); ++l) covariance.back().push_back(of(i, k, j, l));
      }
  }
};

GpParameters some_parameters(GpKernel kernel) {
  return {{kernel, std::log(0.02), std::log(2.5)}, std::log(0.003)};
}

double with_jitter(const Covariance& c, std::size_t k, std::size_t l) {
  const double value = c.between(static_cast<double>(k), static_cast<double>(l));
  return k == l ? value * (1 + 1e-10) : value;
}

class EveryKernel : public ::testing::TestWithParam<GpKernel> {};

TEST_P(EveryKernel, PooledReplicatesGiveTheLikelihoodOfTheWholeMatrix) {
  const Series series = paths(7, 5, Rng{1});
  const GpParameters p = some_parameters(GetParam());
  const Replicates data = replicates_of(series);
  const Whole whole(series, [&](auto i, auto k, auto j, auto l) {
    return with_jitter(p.covariance, k, l) + (i == j && k == l ? std::exp(p.log_noise) : 0);
  });
  const double expected = log_normal(whole.values, data.grand_mean(), whole.covariance);
  EXPECT_NEAR(log_likelihood(data, p).value, expected, 1e-12 * std::abs(expected));
}

TEST_P(EveryKernel, UnequalNumbersOfReplicatesDoToo) {
  const Series rows = {{0.1, 0.3, 0.2}, {0.4}, {0.2, 0.25}};  // values at three positions
  Replicates data{.positions = {1, 2, 4}};
  Series single;
  std::vector<double> at;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    double sum = 0;
    for (const double v : rows[k]) sum += v, single.push_back({v}), at.push_back(data.positions[k]);
    data.counts.push_back(std::ssize(rows[k]));
    data.means.push_back(sum / static_cast<double>(rows[k].size()));
    for (const double v : rows[k]) data.within += (v - data.means[k]) * (v - data.means[k]);
  }
  const GpParameters p = some_parameters(GetParam());
  const Whole whole(single, [&](auto i, auto, auto j, auto) {
    const double shared = p.covariance.between(at[i], at[j]) * (at[i] == at[j] ? 1 + 1e-10 : 1);
    return shared + (i == j ? std::exp(p.log_noise) : 0);
  });
  const double expected = log_normal(whole.values, data.grand_mean(), whole.covariance);
  EXPECT_NEAR(log_likelihood(data, p).value, expected, 1e-12 * std::abs(expected));
}

TEST_P(EveryKernel, ThePosteriorIsThatOfTheWholeMatrix) {
  const Series series = paths(6, 4, Rng{2});
  const GpParameters p = some_parameters(GetParam());
  const Replicates data = replicates_of(series);
  const double prior = data.grand_mean();
  SquareMatrix whole(24);
  std::vector<double> residual(24);
  for (Index a = 0; a < 24; ++a) {
    residual[static_cast<std::size_t>(a)] =
        series[static_cast<std::size_t>(a / 4)][static_cast<std::size_t>(a % 4)] - prior;
    for (Index b = 0; b < 24; ++b)
      whole(a, b) =
          with_jitter(p.covariance, static_cast<std::size_t>(a % 4), static_cast<std::size_t>(b % 4)) +
          (a == b ? std::exp(p.log_noise) : 0);
  }
  const Cholesky factor(whole);
  for (const double position : {1.0, 2.5, 4.0, 9.0}) {
    std::vector<double> cross;
    for (Index a = 0; a < 24; ++a)
      cross.push_back(p.covariance.between(position, static_cast<double>(a % 4 + 1)));
    const Posterior found = smoother(data, p).at(position, data.means, prior);
    EXPECT_NEAR(found.mean, prior + dot(cross, factor.solve(residual)), 1e-12);
    const double variance = p.covariance.between(position, position) - dot(cross, factor.solve(cross));
    EXPECT_NEAR(found.deviation * found.deviation, variance, 1e-12);
  }
}

TEST_P(EveryKernel, TheGradientIsTheSlope) {
  const Replicates data = replicates_of(paths(9, 6, Rng{3}));
  const GpParameters p = some_parameters(GetParam());
  constexpr double h = 1e-5;  // truncation h^2, rounding 1e-16 |value| / h: both below 1e-9 of the value
  const auto slope = [&](double GpParameters::*noise, double Covariance::*kernel) {
    const auto at = [&](double step) {
      GpParameters moved = p;
      (noise != nullptr ? moved.*noise : moved.covariance.*kernel) += step;
      return log_likelihood(data, moved).value;
    };
    return (at(h) - at(-h)) / (2 * h);
  };
  const LogLikelihood found = log_likelihood(data, p);
  EXPECT_NEAR(found.gradient[0], slope(nullptr, &Covariance::log_variance), 1e-6 * std::abs(found.value));
  EXPECT_NEAR(found.gradient[1], slope(nullptr, &Covariance::log_length), 1e-6 * std::abs(found.value));
  EXPECT_NEAR(found.gradient[2], slope(&GpParameters::log_noise, nullptr), 1e-6 * std::abs(found.value));
}

TEST_P(EveryKernel, TheFitIsAnOptimumThatNothingNearbyBeats) {
  const Replicates data = replicates_of(paths(50, 15, Rng{4}));
  const GpFit best = fit(data, GetParam());
  EXPECT_LT(best.steepness, 1e-5 * std::abs(best.log_likelihood));
  for (std::uint64_t i = 0; i < 200; ++i) {
    GpParameters near = best.parameters;
    near.covariance.log_variance += 0.3 * random_normal(Rng{5}, 3 * i);
    near.covariance.log_length += 0.3 * random_normal(Rng{5}, 3 * i + 1);
    near.log_noise += 0.3 * random_normal(Rng{5}, 3 * i + 2);
    EXPECT_LE(log_likelihood(data, near).value, best.log_likelihood);
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryKernel,
                         ::testing::Values(GpKernel::rbf, GpKernel::matern32, GpKernel::matern52));

TEST(Covariance, KernelsAtKnownDistances) {
  const double r = 1.5;
  EXPECT_NEAR((Covariance{GpKernel::rbf, 0, 0}.between(0, r)), std::exp(-r * r / 2), 1e-15);
  EXPECT_NEAR((Covariance{GpKernel::matern32, 0, 0}.between(0, r)),
              (1 + std::sqrt(3) * r) * std::exp(-std::sqrt(3) * r), 1e-15);
  EXPECT_NEAR((Covariance{GpKernel::matern52, std::log(4), std::log(2)}.between(3, 0)),
              4 * (1 + std::sqrt(5) * r + 5 * r * r / 3) * std::exp(-std::sqrt(5) * r), 1e-14);
}

// Draws from a process with known parameters: the fit must find them to within what 30 layers can tell.
TEST(Fit, FindsTheNoiseAndTheLengthOfASampledProcess) {
  const GpParameters truth{{GpKernel::rbf, std::log(1.0), std::log(3.0)}, std::log(0.04)};
  std::vector<double> positions;
  for (int k = 1; k <= 30; ++k) positions.push_back(k);
  SquareMatrix covariance = truth.covariance.matrix(positions);
  // f = L z, with L by elimination on the covariance.
  SquareMatrix lower(30);
  for (Index j = 0; j < 30; ++j)
    for (Index i = j; i < 30; ++i) {
      double sum = covariance(i, j) + (i == j ? 1e-8 : 0);
      for (Index k = 0; k < j; ++k) sum -= lower(i, k) * lower(j, k);
      lower(i, j) = i == j ? std::sqrt(sum) : sum / lower(j, j);
    }
  Series series(40, std::vector<double>(30));
  for (Index i = 0; i < 30; ++i) {
    double f = 0;
    for (Index k = 0; k <= i; ++k) f += lower(i, k) * random_normal(Rng{6}, static_cast<std::uint64_t>(k));
    for (std::size_t n = 0; n < series.size(); ++n)
      series[n][static_cast<std::size_t>(i)] =
          f + 0.2 * random_normal(Rng{7}, n * 30 + static_cast<std::size_t>(i));
  }
  const GpFit found = fit(replicates_of(series), GpKernel::rbf);
  EXPECT_NEAR(std::exp(found.parameters.log_noise), 0.04, 0.005);  // sd of a variance from 1170 degrees: 4 %
  EXPECT_NEAR(std::exp(found.parameters.covariance.log_length), 3, 1);
}

TEST(Fit, IdenticalPathsPutTheNoiseOnItsFloorAndReproduceThePath) {
  const Series series(5, {0.1, 0.3, 0.2, 0.5, 0.4});
  const Replicates data = replicates_of(series);
  EXPECT_EQ(data.within, 0);
  const GpFit found = fit(data, GpKernel::rbf);
  EXPECT_DOUBLE_EQ(found.parameters.log_noise, std::log(1e-12));
  const std::vector<double> smooth = smoother(data, found.parameters).smoothed(data.means, data.grand_mean());
  for (std::size_t k = 0; k < smooth.size(); ++k) EXPECT_NEAR(smooth[k], series[0][k], 1e-5);
}

TEST(Fit, EqualValuesEverywhereAreNoFault) {
  const Replicates data = replicates_of(Series(3, std::vector<double>(6, 0.25)));
  const GpFit found = fit(data, GpKernel::matern52);
  for (const double v : smoother(data, found.parameters).smoothed(data.means, data.grand_mean()))
    EXPECT_NEAR(v, 0.25, 1e-9);
}

TEST(Fit, TwoLayersAreRefused) {
  EXPECT_THROW(fit(replicates_of(paths(5, 2, Rng{8})), GpKernel::rbf), Error);
}

TEST(Replicates, MeansAndWithinSumOfSquares) {
  const Replicates data = replicates_of(Series{{1, 10}, {3, 30}});
  EXPECT_EQ(data.positions, (std::vector<double>{1, 2}));
  EXPECT_EQ(data.means, (std::vector<double>{2, 20}));
  EXPECT_EQ(data.within, 1 + 1 + 100 + 100);
  EXPECT_EQ(data.grand_mean(), 11);
  EXPECT_THROW(replicates_of(Series{}), Error);
  EXPECT_THROW(replicates_of(Series{{1, 2}, {1}}), Error);
}

// ---- the hierarchical model ----------------------------------------------------------------------

class EveryHierarchicalKernel : public ::testing::TestWithParam<GpKernel> {
 protected:
  HierarchicalParameters parameters() const {
    return {{GetParam(), std::log(0.02), std::log(2.5)},
            {GetParam(), std::log(0.001), std::log(6)},
            std::log(0.0004)};
  }
};

TEST_P(EveryHierarchicalKernel, TheScatterGivesTheLikelihoodOfTheWholeMatrix) {
  const Series series = paths(6, 5, Rng{9});
  const HierarchicalParameters p = parameters();
  const Whole whole(series, [&](auto i, auto k, auto j, auto l) {
    return with_jitter(p.shared, k, l) + (i == j ? with_jitter(p.own, k, l) : 0) +
           (i == j && k == l ? std::exp(p.log_noise) : 0);
  });
  const double expected = log_normal(whole.values, replicates_of(series).grand_mean(), whole.covariance);
  EXPECT_NEAR(log_likelihood(scatter_of(series), p).value, expected, 1e-12 * std::abs(expected));
}

TEST_P(EveryHierarchicalKernel, TheGradientIsTheSlope) {
  const Scatter data = scatter_of(paths(9, 6, Rng{10}));
  const HierarchicalLikelihood found = log_likelihood(data, parameters());
  constexpr double h = 1e-5;
  for (std::size_t which = 0; which < 5; ++which) {
    const auto at = [&](double step) {
      HierarchicalParameters p = parameters();
      double* const all[] = {&p.shared.log_variance, &p.shared.log_length, &p.own.log_variance,
                             &p.own.log_length, &p.log_noise};
      *all[which] += step;
      return log_likelihood(data, p).value;
    };
    EXPECT_NEAR(found.gradient[which], (at(h) - at(-h)) / (2 * h), 1e-6 * std::abs(found.value)) << which;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryHierarchicalKernel,
                         ::testing::Values(GpKernel::rbf, GpKernel::matern32, GpKernel::matern52));

// The sample paths lift all layers of an image together. The plain model calls that independent noise and
// believes its mean too much; the hierarchical one is likelier and its band must be the wider.
TEST(Hierarchical, SeesThatLayersOfAnImageMoveTogether) {
  const Series series = paths(40, 10, Rng{11});
  const Replicates data = replicates_of(series);
  const Scatter scatter = scatter_of(series);
  const GpFit plain = fit(data, GpKernel::rbf);
  const HierarchicalFit found = fit_hierarchical(scatter, GpKernel::rbf);
  EXPECT_GT(found.log_likelihood, plain.log_likelihood + 50);
  const Posterior narrow = smoother(data, plain.parameters).at(5, data.means, data.grand_mean());
  const Posterior wide = smoother(scatter, found.parameters).at(5, data.means, data.grand_mean());
  EXPECT_GT(wide.deviation, 1.3 * narrow.deviation);
  EXPECT_NEAR(wide.mean, data.means[4], 0.01);
}

TEST(Hierarchical, OnePathIsRefused) {
  EXPECT_THROW(fit_hierarchical(scatter_of(paths(1, 5, Rng{1})), GpKernel::rbf), Error);
}

// ---- what they stand on --------------------------------------------------------------------------

TEST(Cholesky, SolvesInvertsAndKnowsTheDeterminant) {
  SquareMatrix a(3);
  const double values[3][3] = {{4, 2, 1}, {2, 5, 3}, {1, 3, 6}};
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) a(i, j) = values[i][j];
  const Cholesky factor(a);
  EXPECT_NEAR(factor.log_determinant(), std::log(4 * (30 - 9) - 2 * (12 - 3) + 1 * (6 - 5)), 1e-14);
  const std::vector<double> x = factor.solve(std::vector<double>{7, 10, 10});
  for (const double one : x) EXPECT_NEAR(one, 1, 1e-14);
  const SquareMatrix inverse = factor.inverse();
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) {
      double sum = 0;
      for (Index k = 0; k < 3; ++k) sum += a(i, k) * inverse(k, j);
      EXPECT_NEAR(sum, i == j, 1e-14);
    }
}

TEST(Cholesky, RefusesAMatrixThatIsNotPositiveDefinite) {
  SquareMatrix a(2);
  a(0, 0) = a(1, 1) = 1;
  a(0, 1) = a(1, 0) = 2;
  try {
    Cholesky factor(a);
    ADD_FAILURE() << "an indefinite matrix passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::numerical);
  }
}

ValueAndGradient rosenbrock(std::span<const double> x) {
  const double a = 1 - x[0], b = x[1] - x[0] * x[0];
  return {a * a + 100 * b * b, {-2 * a - 400 * x[0] * b, 200 * b}};
}

TEST(Minimise, FollowsTheBentValleyToItsEnd) {
  const Minimum found = minimise(rosenbrock, {-1.2, 1}, {{-5, -5}, {5, 5}});
  EXPECT_NEAR(found.x[0], 1, 1e-6);
  EXPECT_NEAR(found.x[1], 1, 1e-6);
  EXPECT_LT(found.steps, 100);
}

TEST(Minimise, StopsAtTheWallWhereTheBoxCutsTheValley) {
  const Minimum found = minimise(rosenbrock, {-1.2, 1}, {{-5, -5}, {0.5, 5}});
  EXPECT_DOUBLE_EQ(found.x[0], 0.5);
  EXPECT_NEAR(found.x[1], 0.25, 1e-6);
}

TEST(Minimise, NeverAsksOutsideTheBox) {
  const SearchBox box{{0.2, -1}, {0.8, 0.3}};
  const SmoothFunction guarded = [&](std::span<const double> x) {
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_GE(x[i], box.lower[i]);
      EXPECT_LE(x[i], box.upper[i]);
    }
    return rosenbrock(x);
  };
  minimise(guarded, {9, 9}, box);
  EXPECT_THROW(minimise(guarded, {1}, box), Error);
}

TEST(Minimise, AVariableWithoutRoomStaysAndTheOthersMove) {
  const Minimum found = minimise(rosenbrock, {0.7, 3}, {{0.7, -5}, {0.7, 5}});
  EXPECT_EQ(found.x[0], 0.7);
  EXPECT_NEAR(found.x[1], 0.49, 1e-7);
}

}  // namespace
}  // namespace weir
