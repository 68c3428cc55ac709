#include "infoflow/mutual_information.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <vector>

#include "tensor/check.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {
namespace {

using Symbols = std::vector<std::uint8_t>;

// The table's rounding is half a unit of 2^-28 for each of at most 9 * 9 + 9 + 9 + 1 cells, divided by n
// >= 4.
constexpr double table_error = 100 * 0.5 / (1 << 28) / 4;

/// The textbook sum over occupied cells, in floating point.
double textbook(const Symbols& a, const Symbols& b) {
  std::map<std::pair<int, int>, double> joint;
  std::map<int, double> left, right;
  const double share = 1.0 / static_cast<double>(a.size());
  for (std::size_t p = 0; p < a.size(); ++p) {
    joint[{a[p], b[p]}] += share;
    left[a[p]] += share;
    right[b[p]] += share;
  }
  double sum = 0;
  for (const auto& [symbols, p] : joint)
    sum += p * std::log(p / (left[symbols.first] * right[symbols.second]));
  return sum;
}

Symbols drawn(Index n, int symbols, Rng rng) { return sample_symbols(1, {1, n}, symbols, rng).values; }

TEST(MutualInformation, GoldenValues) {
  Symbols nine(9);
  std::iota(nine.begin(), nine.end(), std::uint8_t{0});
  EXPECT_NEAR(mutual_information(nine, nine), std::log(9.0), table_error);
  EXPECT_NEAR(mutual_information(Symbols{0, 0, 0, 1}, Symbols{0, 1, 0, 1}), 0.215762, 1e-6);
  EXPECT_NEAR(mutual_information(Symbols{0, 1}, Symbols{0, 1}), std::log(2.0), table_error);
}

TEST(MutualInformation, WithAConstantIsExactlyZero) {
  for (const Index n : {1, 2, 4, 16, 63, 64, 65, 1024}) {
    const Symbols constant(static_cast<std::size_t>(n), 5),
        other = drawn(n, 9, Rng{static_cast<std::uint64_t>(n)});
    EXPECT_EQ(mutual_information(constant, other), 0);
    EXPECT_EQ(mutual_information(other, constant), 0);
    EXPECT_EQ(mutual_information(constant, other, Estimator::miller_madow), 0);
  }
}

TEST(MutualInformation, OfAProductIsExactlyZeroAfterRounding) {
  Symbols a, b;
  for (std::uint8_t i = 0; i < 8; ++i)
    for (std::uint8_t j = 0; j < 8; ++j) a.push_back(i), b.push_back(j);
  EXPECT_NEAR(mutual_information(a, b), 0, table_error);
  EXPECT_GE(mutual_information(a, b), 0);
}

TEST(MutualInformation, SymmetricBoundedByTheEntropiesAndRightOnRandomMaps) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Index n = 1 + static_cast<Index>(seed * 7 % 130);
    const Symbols a = drawn(n, 9, Rng{seed}), b = drawn(n, 1 + static_cast<int>(seed % 20), Rng{seed + 1000});
    const double information = mutual_information(a, b);
    const double allowed = 1000 * 0.5 / (1 << 28) / static_cast<double>(n);
    EXPECT_EQ(information, mutual_information(b, a));
    EXPECT_LE(information, std::min(entropy(a), entropy(b)) + allowed);
    EXPECT_NEAR(information, textbook(a, b), allowed) << "seed " << seed;
    EXPECT_NEAR(entropy(a), textbook(a, a), allowed);
  }
}

TEST(MutualInformation, DoesNotAskForTheSymbolsNamesOrThePixelsOrder) {
  Symbols a = drawn(64, 9, Rng{1}), b = drawn(64, 9, Rng{2});
  const double before = mutual_information(a, b);
  for (auto& symbol : a) symbol = static_cast<std::uint8_t>(60 - 5 * symbol);
  std::rotate(a.begin(), a.begin() + 13, a.end());
  std::rotate(b.begin(), b.begin() + 13, b.end());
  EXPECT_EQ(mutual_information(a, b), before);
}

TEST(MutualInformation, MillerMadowAddsItsCorrection) {
  const Symbols a = {0, 0, 0, 1},
                b = {0, 1, 0, 1};  // K_x = 2, K_y = 2, K_xy = 3, n = 4: (2 + 2 - 3 - 1) / 8 = 0
  EXPECT_NEAR(mutual_information(a, b, Estimator::miller_madow), mutual_information(a, b), table_error);
  const Symbols c = {0, 1, 2, 3};  // K = 4 each, K_xy = 4: (4 + 4 - 4 - 1) / 8
  EXPECT_NEAR(mutual_information(c, c, Estimator::miller_madow), std::log(4.0) + 3.0 / 8, table_error);
}

// Two independent maps: the truth is zero. The plug-in's bias is near (K_x - 1)(K_y - 1) / 2n, and
// Miller-Madow removes it where cells are well filled. Bounds: four standard errors of the mean over 400
// pairs, whose spread was measured here.
TEST(MutualInformation, BiasOnIndependentMapsIsWhatTheorySays) {
  constexpr int pairs = 400;
  constexpr Index n = 1024;
  double plain = 0, corrected = 0, plain_squares = 0;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    Symbols a, b;
    for (Index p = 0; p < n; ++p) {
      a.push_back(static_cast<std::uint8_t>(random_below(Rng{21, 2 * i}, static_cast<std::uint64_t>(p), 4)));
      b.push_back(
          static_cast<std::uint8_t>(random_below(Rng{21, 2 * i + 1}, static_cast<std::uint64_t>(p), 4)));
    }
    const double one = mutual_information(a, b);
    plain += one / pairs;
    plain_squares += one * one / pairs;
    corrected += mutual_information(a, b, Estimator::miller_madow) / pairs;
  }
  const double error = std::sqrt((plain_squares - plain * plain) / pairs);
  EXPECT_NEAR(plain, 9.0 / (2 * n), 4 * error);
  EXPECT_NEAR(corrected, 0, 4 * error);
  EXPECT_LT(error, 2e-4);
}

// A channel that copies a fair die of four faces with probability 0.7 and rolls anew otherwise: the truth is
// known.
TEST(MutualInformation, FindsAKnownTruth) {
  constexpr Index n = 65536;
  Symbols a, b;
  for (Index p = 0; p < n; ++p) {
    const auto at = static_cast<std::uint64_t>(p);
    a.push_back(static_cast<std::uint8_t>(random_below(Rng{5, 1}, at, 4)));
    const auto anew = static_cast<std::uint8_t>(random_below(Rng{5, 2}, at, 4));
    b.push_back(random_unit(Rng{5, 3}, at) < 0.7f ? a.back() : anew);
  }
  const double same = 0.7 + 0.3 / 4, other = 0.3 / 4;
  const double truth = std::log(4.0) + same * std::log(same) + 3 * other * std::log(other);
  EXPECT_NEAR(mutual_information(a, b, Estimator::miller_madow), truth,
              0.01);  // sd about 1.0 / sqrt(n) = 0.004
}

TEST(MutualInformation, RefusesWhatItCannotPair) {
  EXPECT_THROW(mutual_information(Symbols{0, 1}, Symbols{0, 1, 2}), Error);
  EXPECT_THROW(mutual_information(Symbols{}, Symbols{}), Error);
  EXPECT_THROW(mutual_information(Symbols{64}, Symbols{0}), Error);
  EXPECT_THROW(mutual_information(Symbols{0}, Symbols{0}, Estimator::shift_null), Error);
}

}  // namespace
}  // namespace weir
