/// Random numbers: published vectors, the same in any order, uniform and normal as they claim.
#include "tensor/random.h"

#include <cmath>
#include <gtest/gtest.h>

#include "tensor/kernels/philox.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

// Known-answer vectors of Random123's kat_vectors for philox4x32-10. A counter is (position, stream), a key
// the seed.
TEST(Random, MatchesThePublishedVectorsOfPhilox) {
  using Words4 = std::array<std::uint32_t, 4>;
  EXPECT_EQ(random_words({.seed = 0, .stream = 0}, 0),
            (Words4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(random_words({.seed = ones, .stream = ones}, ones),
            (Words4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(random_words({.seed = 0x299f31d0a4093822, .stream = 0x0370734413198a2e}, 0x85a308d3243f6a88),
            (Words4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/// The form that kernels use, against the one with the published vectors; positions go over 32 bits.
TEST(Random, GeneratorsSideBySideAreThoseOneByOne) {
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{0xFFFFFFF9}, ~std::uint64_t{0} - 40}) {
    std::uint32_t word[4][16];
    philox_words(0x0123456789ABCDEF, 0xFEDCBA9876543210, first, word);
    for (std::uint64_t j = 0; j < 16; ++j) {
      const auto alone = random_words({.seed = 0x0123456789ABCDEF, .stream = 0xFEDCBA9876543210}, first + j);
      for (std::size_t w = 0; w < 4; ++w) EXPECT_EQ(word[w][j], alone[w]) << first << " + " << j;
    }
  }
}

TEST(Random, IsAFunctionOfThePlaceAlone) {
  const Rng rng{.seed = 7, .stream = 3};
  Values forwards, backwards(100);
  for (std::uint64_t i = 0; i < 100; ++i) forwards.push_back(random_unit(rng, i));
  for (std::uint64_t i = 100; i-- > 0;) backwards[i] = random_unit(rng, i);
  EXPECT_EQ(forwards, backwards);
  const Tensor few = uniform({10}, {0, 1}, rng, Device::reference());
  EXPECT_EQ(few.to_host_double(), Values(forwards.begin(), forwards.begin() + 10)) << "whatever the shape";
}

TEST(Random, ChildrenAreReproducibleAndDifferent) {
  const Rng parent{.seed = 7};
  EXPECT_EQ(parent.split(4).stream, parent.split(4).stream);
  EXPECT_NE(parent.split(4).stream, parent.split(5).stream);
  EXPECT_NE(parent.split(4).split(0).stream, parent.split(5).split(0).stream);
  EXPECT_NE((Rng{.seed = 8}).split(4).stream, parent.split(4).stream);
  Index equal = 0;
  for (std::uint64_t i = 0; i < 1000; ++i)
    equal += random_words(parent.split(1), i) == random_words(parent.split(2), i);
  EXPECT_EQ(equal, 0);
}

// A mean of n uniform numbers has deviation 1 / sqrt(12 n); five of those is one failure in 1.7 million
// seeds.
TEST(Random, UniformNumbersFillTheirRangeEvenly) {
  constexpr Index count = 40000;
  const Values values = uniform({count}, {-1, 3}, {.seed = 11}, Device::reference()).to_host_double();
  double sum = 0;
  std::array<Index, 16> bins{};
  for (const double value : values) {
    ASSERT_GE(value, -1);
    ASSERT_LT(value, 3);
    sum += value;
    ++bins[static_cast<std::size_t>((value + 1) * 4)];
  }
  EXPECT_NEAR(sum / count, 1, 5 * 4 / std::sqrt(12.0 * count));
  double chi_squared = 0;
  for (const Index bin : bins)
    chi_squared += std::pow(static_cast<double>(bin) - count / 16.0, 2) / (count / 16.0);
  EXPECT_LT(chi_squared, 44.3);  // 15 degrees of freedom, one in 10,000
}

TEST(Random, NormalNumbersHaveTheirMoments) {
  constexpr Index count = 40000;
  const Values values = normal({count}, 2, 3, {.seed = 12}, Device::reference(), DType::f64).to_host_double();
  double mean = 0, variance = 0, fourth = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) variance += std::pow(value - mean, 2) / count;
  for (const double value : values) fourth += std::pow((value - mean) / 3, 4) / count;
  EXPECT_NEAR(mean, 2, 5 * 3 / std::sqrt(count));
  EXPECT_NEAR(variance, 9, 5 * 9 * std::sqrt(2.0 / count));
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0 / count));
}

TEST(Random, WholeNumbersBelowABoundMeetEveryValueEqually) {
  std::array<Index, 7> seen{};
  for (std::uint64_t i = 0; i < 70000; ++i) ++seen[random_below({.seed = 5}, i, 7)];
  for (const Index count : seen)
    EXPECT_NEAR(static_cast<double>(count), 10000, 5 * std::sqrt(10000 * 6.0 / 7));
  EXPECT_EQ(random_below({.seed = 5}, 3, 1), 0u);
  EXPECT_THROW(random_below({.seed = 5}, 3, 0), Error);
}

TEST(Random, EveryDeviceGetsTheSameNumbers) {
  const Tensor expected = uniform({3, 5}, {-1, 1}, {.seed = 9}, Device::reference());
  for (const std::string_view name : Device::available())
    EXPECT_TRUE(same_bits(uniform({3, 5}, {-1, 1}, {.seed = 9}, Device::named(name)), expected)) << name;
}

}  // namespace
}  // namespace weir
