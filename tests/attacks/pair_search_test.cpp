#include "attacks/pair_search.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "tests/attacks/on_device.h"
#include "tests/support/data.h"

namespace weir {
namespace {

template <class Real>
using Row = std::vector<Real>;

/// The definition: the first largest entry of the whole matrix, row by row, of scores as their type rounds
/// them.
template <class Real>
ScoredPair argmax_of_the_matrix(const Row<Real>& gain, const Row<Real>& relief) {
  ScoredPair best;
  Real largest = 0;
  for (std::size_t p = 0; p < gain.size(); ++p)
    for (std::size_t q = 0; q < gain.size(); ++q) {
      const Real up = gain[p] + gain[q], down = relief[p] + relief[q];
      const Real score = p != q && up > 0 && down > 0 ? up * down : Real(0);
      if (!(score > largest)) continue;
      largest = score;
      best = {{static_cast<Index>(p), static_cast<Index>(q)}, static_cast<double>(score)};
    }
  return best;
}

template <class Real>
Row<Real> row_of(const Values& values, double scale = 1) {
  Row<Real> row;
  for (const double value : values) row.push_back(static_cast<Real>(value * scale));
  return row;
}

struct Saliencies {
  Values gain, relief;
};

/// relief = share * gain + noise
Saliencies correlated(Index features, double share, double noise, const Rng& rng) {
  Saliencies s{deviates(features, rng.split(0)), deviates(features, rng.split(1))};
  for (std::size_t i = 0; i < s.gain.size(); ++i)
    s.relief[i] = static_cast<float>(share * s.gain[i] + noise * s.relief[i]);
  return s;
}

Saliencies heavy_tailed(Index features, const Rng& rng) {
  Saliencies s = correlated(features, 0, 1, rng);
  for (Values* values : {&s.gain, &s.relief})
    for (double& value : *values) value = static_cast<float>(value * value * value);
  return s;
}

/// A map of each kind, by number.
Saliencies drawn(int kind, Index features, const Rng& rng) {
  switch (kind) {
    case 0:
      return correlated(features, 0, 1, rng);
    case 1:
      return {whole_numbers(features, -3, 3, rng.split(0)), whole_numbers(features, -3, 3, rng.split(1))};
    case 2:
      return correlated(features, 1, 0.1, rng);
    case 3:
      return correlated(features, -1, 0.1, rng);
    case 4:
      return correlated(features, -1, 0.001, rng);
    case 5:
      return heavy_tailed(features, rng);
    case 6:
      return {absolute(deviates(features, rng)), Values(static_cast<std::size_t>(features), 0.5)};
    default: {
      Saliencies s = correlated(features, 0.5, 1, rng);  // nothing helps
      for (double& value : s.gain) value = -std::abs(value);
      return s;
    }
  }
}
constexpr int kinds = 8;

template <class Real>
void take_out_a_third(Row<Real>& gain, Row<Real>& relief, const Rng& rng) {
  for (std::size_t i = 0; i < gain.size(); ++i)
    if (random_below(rng, i, 3) == 0) gain[i] = relief[i] = -std::numeric_limits<Real>::infinity();
}

template <class Real>
void expect_equal(const ScoredPair& found, const ScoredPair& expected, const std::string& what) {
  EXPECT_EQ(found.features.first, expected.features.first) << what;
  EXPECT_EQ(found.features.second, expected.features.second) << what;
  EXPECT_EQ(found.score, expected.score) << what;
}

template <class Real>
class PairSearchOf : public testing::Test {
 protected:
  /// Scales at which sums or products are denormal, or underflow to 0.
  static Values scales() {
    const bool single = std::is_same_v<Real, float>;
    return single ? Values{1, 1e-20, 4e-23, 1e-42} : Values{1, 1e-160, 4e-162, 1e-310};
  }
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(PairSearchOf, Reals);

TYPED_TEST(PairSearchOf, EqualsTheArgmaxOfTheWholeMatrixBitForBit) {
  using Real = TypeParam;
  PairSearch<Real> search;
  Index cases = 0, without_a_pair = 0, ties_lost = 0;
  for (const Index features : {2, 3, 4, 5, 7, 12, 24, 25, 26, 40, 90, 200})
    for (int kind = 0; kind < kinds; ++kind)
      for (const double scale : this->scales())
        for (std::uint64_t repeat = 0; repeat < (features > 50 ? 6u : 32u); ++repeat) {
          const Rng rng =
              Rng{fuzz_seed()}.split(repeat).split(static_cast<std::uint64_t>(features * kinds + kind));
          const Saliencies map = drawn(kind, features, rng);
          Row<Real> gain = row_of<Real>(map.gain, scale), relief = row_of<Real>(map.relief, scale);
          if (repeat % 2 == 1) take_out_a_third(gain, relief, rng.split(9));
          const std::string what = fmt::format("kind {} of {} features, scale {}, repeat {}, seed {}", kind,
                                               features, scale, repeat, fuzz_seed());
          const ScoredPair expected = argmax_of_the_matrix(gain, relief);
          expect_equal<Real>(search.best(gain, relief), expected, what);
          expect_equal<Real>(best_pair_of_gains<Real>(gain), argmax_of_the_matrix(gain, gain),
                             "gains, " + what);
          ++cases;
          without_a_pair += expected.score == 0;
          ties_lost += expected.score > 0 && kind == 1;
        }
  EXPECT_GE(cases, 10000) << "and as many of gains alone";
  EXPECT_GE(without_a_pair, cases / 10);
  EXPECT_GE(ties_lost, cases / 40);
}

TYPED_TEST(PairSearchOf, FindsPairsInsideTheHull) {
  using Real = TypeParam;
  // every pair of the hull's corners, the first three, is inadmissible: the product is not concave
  const Row<Real> gain = {10, -3, -10, Real(0.5), Real(0.25)}, relief = {-9, 4, -10, Real(0.5), Real(0.75)};
  const ScoredPair best = PairSearch<Real>().best(gain, relief);
  EXPECT_EQ(best.features.first, 3);
  EXPECT_EQ(best.features.second, 4);
  EXPECT_EQ(best.score, 0.75 * 1.25);
}

TYPED_TEST(PairSearchOf, NothingAndOneAndNaNsHaveNoPair) {
  using Real = TypeParam;
  PairSearch<Real> search;
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const Row<Real>& row : {Row<Real>{}, {1}, {nan, nan}, {1, nan}, {nan, 1}, {0, 0}, {1, -1}}) {
    expect_equal<Real>(search.best(row, row), {}, "no pair");
    expect_equal<Real>(best_pair_of_gains<Real>(row), {}, "no pair of gains");
  }
  const Row<Real> some = {nan, 1, nan, 2, 3}, all = {1, 1, 1, 1, 1};
  expect_equal<Real>(search.best(some, all), {{3, 4}, 10}, "NaNs are left out");
  expect_equal<Real>(search.best(all, some), {{3, 4}, 10}, "on the other side, too");
  expect_equal<Real>(best_pair_of_gains<Real>(some), {{3, 4}, 25}, "and of gains");
}

TEST(PairSearch, AFewRowsAsLargeAsAnImage) {
  PairSearch<float> search;
  for (int kind = 0; kind < kinds; ++kind) {
    const Saliencies map = drawn(kind, 3072, Rng{fuzz_seed()}.split(static_cast<std::uint64_t>(kind)));
    const Row<float> gain = row_of<float>(map.gain), relief = row_of<float>(map.relief);
    expect_equal<float>(search.best(gain, relief), argmax_of_the_matrix(gain, relief),
                        fmt::format("kind {}", kind));
  }
}

TEST(PairSearch, TheFirstOfEqualPairsIsThatOfTheMatrix) {
  // the two largest are features 1 and 5, but their sum rounds to what 1 and 3 have, which come first
  const float a_little_more = 1 + 0x1p-23f;
  const Row<float> gain = {-1, 1, 0.5f, 1, 1, a_little_more};
  EXPECT_EQ(1 + a_little_more, 2.0f) << "ties to even";
  expect_equal<float>(best_pair_of_gains<float>(gain), {{1, 3}, 4}, "rounded sums tie");
}

class PairsOnDevice : public AttackOnDevice {};

TEST_P(PairsOnDevice, EveryRowIsSearchedAlone) {
  const Index rows = 37, features = 30;
  const Values gain = whole_numbers(rows * features, -4, 4, {1}),
               relief = whole_numbers(rows * features, -4, 4, {2});
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor gains = tensor_of(gain, {rows, features}, device(), dtype);
    const std::vector<ScoredPair> pairs =
        best_pairs(gains, tensor_of(relief, {rows, features}, device(), dtype));
    const std::vector<ScoredPair> of_gains = best_pairs(gains);
    ASSERT_EQ(pairs.size(), 37u);
    for (Index row = 0; row < rows; ++row) {
      const auto part = [&](const Values& all) {
        return Row<double>(all.begin() + row * features, all.begin() + (row + 1) * features);
      };
      const auto i = static_cast<std::size_t>(row);
      expect_equal<double>(pairs[i], argmax_of_the_matrix(part(gain), part(relief)),
                           fmt::format("row {}", row));
      expect_equal<double>(of_gains[i], argmax_of_the_matrix(part(gain), part(gain)),
                           fmt::format("row {}", row));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, PairsOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
