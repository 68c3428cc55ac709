#include "infoflow/information_path.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>

#include "infoflow/bucketize.h"
#include "infoflow/downsample.h"
#include "infoflow/mutual_information.h"
#include "infoflow/shifts.h"
#include "infoflow/symbol_maps.h"
#include "tensor/check.h"
#include "tests/infoflow/naive_path.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

struct Sample {
  std::vector<SampleMaps> layers;
  SampleMaps image;

  std::vector<LayerMaps> views() const {
    std::vector<LayerMaps> result;
    for (const SampleMaps& layer : layers) result.push_back(layer.view());
    return result;
  }
  Path path(const FlowOptions& options) const { return information_path(views(), image.view(), options); }
};

/// Two layers of 12x12, one of 6x6, one of 6x4 (rows and columns differ); one dead channel in the second and
/// last.
Sample sample(std::uint64_t seed = 1) {
  Sample result{{sample_maps(3, {12, 12}, Rng{seed, 1}), sample_maps(4, {12, 12}, Rng{seed, 2}),
                 sample_maps(5, {6, 6}, Rng{seed, 3}), sample_maps(4, {6, 4}, Rng{seed, 4})},
                sample_maps(3, {12, 12}, Rng{seed, 5}, Rectify::no)};
  std::fill_n(result.layers[1].values.begin() + 144, 144, 0.0f);
  std::fill_n(result.layers[3].values.begin(), 24, 0.0f);
  return result;
}

std::shared_ptr<const PopulationRanges> wide_ranges() {
  return std::make_shared<PopulationRanges>(
      PopulationRanges{std::vector<ValueRange>(3, {-2, 2}),
                       {std::vector<ValueRange>(3, {0, 3}), std::vector<ValueRange>(4, {0, 1.5f}),
                        std::vector<ValueRange>(5, {0, 2}), std::vector<ValueRange>(4, {-1, 2})}});
}

void expect_near(const Path& found, const Path& expected, const char* what) {
  ASSERT_EQ(found.iip.size(), expected.iip.size());
  ASSERT_EQ(found.oip.size(), expected.oip.size());
  // 2^-28 rounding of at most 200 cells over 24 pixels or more.
  constexpr double allowed = 200.0 / (1 << 28) / 24;
  for (std::size_t k = 0; k < expected.iip.size(); ++k) {
    EXPECT_NEAR(found.iip[k], expected.iip[k], allowed) << what << ", IIP of layer " << k + 1;
    EXPECT_NEAR(found.oip[k], expected.oip[k], allowed) << what << ", OIP of layer " << k + 1;
  }
}

struct NamedOptions {
  const char* name;
  FlowOptions options;
};

class EveryDecision : public ::testing::TestWithParam<NamedOptions> {};

TEST_P(EveryDecision, FollowsItsDefinitionAlone) {
  const Sample maps = sample();
  expect_near(maps.path(GetParam().options), naive_path(maps.layers, maps.image, GetParam().options),
              GetParam().name);
}

TEST_P(EveryDecision, FollowsItsDefinitionBesideOthers) {
  const Sample maps = sample(2);
  FlowOptions options = GetParam().options;
  for (const auto estimator : {Estimator::miller_madow, Estimator::shift_null})
    for (const auto constant : {ConstantMaps::zero, ConstantMaps::skip})
      for (const auto self : {SelfPairs::include, SelfPairs::skip}) {
        options.estimator = estimator;
        options.constant_maps = constant;
        options.self_pairs = self;
        expect_near(maps.path(options), naive_path(maps.layers, maps.image, options), GetParam().name);
      }
}

TEST_P(EveryDecision, HasTheSameBitsForEveryWayOfCounting) {
  const Sample maps = sample(3);
  FlowOptions options = GetParam().options;
  options.method = CountMethod::histogram;
  const Path expected = maps.path(options);
  for (const auto method : {CountMethod::popcount, CountMethod::automatic}) {
    options.method = method;
    const Path found = maps.path(options);
    EXPECT_EQ(found.iip, expected.iip);
    EXPECT_EQ(found.oip, expected.oip);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Flow, EveryDecision,
    ::testing::Values(
        NamedOptions{"defaults", {}}, NamedOptions{"buckets_5", {.buckets = 5}},
        NamedOptions{"zero_clamped", {.zero_bucket = ZeroBucket::clamp_to_one}},
        NamedOptions{"zero_floored", {.zero_bucket = ZeroBucket::floor}},
        NamedOptions{"range_shared", {.range = RangeRule::shared}},
        NamedOptions{"range_layer", {.range = RangeRule::layer}},
        NamedOptions{"range_robust", {.range = RangeRule::robust}},
        NamedOptions{"range_global", {.range = RangeRule::global, .global_ranges = wide_ranges()}},
        NamedOptions{"bucket_first", {.order = SizeOrder::bucket_then_downsample}},
        NamedOptions{"bucket_first_shared",
                     {.range = RangeRule::shared, .order = SizeOrder::bucket_then_downsample}},
        NamedOptions{"bucket_first_average",
                     {.order = SizeOrder::bucket_then_downsample, .downsample = Downsample::average}},
        NamedOptions{"average", {.downsample = Downsample::average}},
        NamedOptions{"nearest", {.downsample = Downsample::nearest}},
        NamedOptions{"target_1", {.target_layer = 1}}, NamedOptions{"target_3", {.target_layer = 3}},
        NamedOptions{"bits", {.log_base = LogBase::two}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(InformationPath, BitsAreNatsOverLn2) {
  const Path nats = sample().path({}), bits = sample().path({.log_base = LogBase::two});
  for (std::size_t k = 0; k < nats.iip.size(); ++k)
    EXPECT_DOUBLE_EQ(bits.oip[k] * std::numbers::ln2, nats.oip[k]);
}

// (a) of the study: a tap behind a max-pooling changes S(k) only, for the target layer sees the same maxima.
TEST(InformationPath, PoolingBeforeTheTapDoesNotChangeTheOip) {
  const std::vector<SampleMaps> layers = {sample_maps(6, {32, 32}, Rng{1}), sample_maps(6, {8, 8}, Rng{2})};
  SampleMaps pooled{std::vector<float>(6 * 256), 6, {16, 16}};
  for (Index c = 0; c < 6; ++c)
    downsample(layers[0].view().map(c), {.from = {32, 32}, .to = {16, 16}},
               std::span(pooled.values).subspan(static_cast<std::size_t>(c * 256), 256));
  const SampleMaps image = sample_maps(3, {32, 32}, Rng{3}, Rectify::no);
  const Path whole = Sample{layers, image}.path({}), after = Sample{{pooled, layers[1]}, image}.path({});
  EXPECT_EQ(whole.oip, after.oip);
  EXPECT_NE(whole.iip[0], after.iip[0]);
}

// (b): m -> a m + b, a > 0. With a power of two and no offset the arithmetic is exact, so all bits must
// agree; a general map may move a value over a bucket's edge by rounding, which moves a mean of hundreds of
// pairs by little.
TEST(InformationPath, ScalingAMapChangesNothing) {
  Sample maps = sample();
  const Path before = maps.path({});
  for (SampleMaps& layer : maps.layers)
    for (float& v : layer.values) v *= 8;
  const Path scaled = maps.path({});
  EXPECT_EQ(scaled.iip, before.iip);
  EXPECT_EQ(scaled.oip, before.oip);
  for (SampleMaps& layer : maps.layers)
    for (float& v : layer.values) v = 1.7f * v - 3;
  const Path moved = maps.path({});
  for (std::size_t k = 0; k < moved.iip.size(); ++k) EXPECT_NEAR(moved.iip[k], before.iip[k], 0.02);
}

TEST(InformationPath, OfOnePixelMapsIsExactlyZero) {
  const Sample maps{{sample_maps(4, {8, 8}, Rng{1}), sample_maps(5, {1, 1}, Rng{2})},
                    sample_maps(3, {8, 8}, Rng{3})};
  for (const auto estimator : {Estimator::plug_in, Estimator::miller_madow, Estimator::shift_null}) {
    const Path path = maps.path({.estimator = estimator});
    EXPECT_EQ(path.oip, (std::vector<double>{0, 0}));
    EXPECT_EQ(path.iip[1], 0);
  }
}

TEST(InformationPath, TheTargetAgainstItselfHoldsItsEntropies) {
  const Sample one{{sample_maps(1, {8, 8}, Rng{4})}, sample_maps(3, {8, 8}, Rng{5})};
  std::vector<std::uint8_t> symbols(64);
  bucketize(one.layers[0].values, finite_range(one.layers[0].values), {}, symbols);
  EXPECT_GT(entropy(symbols), 0);
  EXPECT_DOUBLE_EQ(one.path({}).oip[0], entropy(symbols));
  for (const auto estimator : {Estimator::plug_in, Estimator::shift_null})  // no pair is left
    EXPECT_EQ(one.path({.self_pairs = SelfPairs::skip, .estimator = estimator}).oip[0], 0);
}

TEST(InformationPath, AllConstantMapsGiveZeroWhetherCountedOrSkipped) {
  const SampleMaps dead{std::vector<float>(2 * 64, 0.0f), 2, {8, 8}};
  const Sample maps{{dead, dead}, sample_maps(3, {8, 8}, Rng{6})};
  for (const auto rule : {ConstantMaps::zero, ConstantMaps::skip}) {
    const Path path = maps.path({.constant_maps = rule});
    EXPECT_EQ(path.iip, (std::vector<double>{0, 0}));
    EXPECT_EQ(path.oip, (std::vector<double>{0, 0}));
    EXPECT_EQ(path.layers[0].constant_fraction, 1);
    EXPECT_EQ(path.layers[0].occupied_buckets, 1);
  }
}

TEST(InformationPath, ReportsWhatTheEstimateRestsOn) {
  const Path path = sample().path({.row_means = RowMeans::keep});
  EXPECT_EQ(path.layers[1].name, "conv2");
  EXPECT_EQ(path.layers[1].channels, 4);
  EXPECT_EQ(path.layers[1].size, (MapSize{12, 12}));
  EXPECT_DOUBLE_EQ(path.layers[1].constant_fraction, 0.25);
  EXPECT_DOUBLE_EQ(path.layers[1].compared_constant_fraction, 0.25);
  EXPECT_GT(path.layers[0].occupied_buckets, path.layers[0].compared_occupied_buckets);
  for (const LayerReport& layer : path.layers) EXPECT_EQ(layer.iip_z, 0);
  for (std::size_t k = 0; k < path.layers.size(); ++k) {
    double mean = 0;
    for (const double row : path.layers[k].oip_rows)
      mean += row / static_cast<double>(path.layers[k].channels);
    EXPECT_NEAR(mean, path.oip[k], 1e-12);
    EXPECT_EQ(std::ssize(path.layers[k].iip_rows), path.layers[k].channels);
  }
  EXPECT_TRUE(sample().path({}).layers[0].iip_rows.empty());
}

// Maps that repeat the image's channels must stand out of the null; maps that know nothing of it must not.
// The null mean of 16 shifts has a standard deviation of a quarter of one shift's, so |z| of an unrelated map
// is a few units at most.
TEST(InformationPath, TheShiftNullTellsCopiesFromStrangers) {
  const SampleMaps image = sample_maps(3, {16, 16}, Rng{7}, Rectify::no);
  const Sample maps{{image, sample_maps(20, {16, 16}, Rng{8})}, image};
  const Path path = maps.path({.estimator = Estimator::shift_null}), plain = maps.path({});
  EXPECT_GT(path.layers[0].iip_z, 10);
  EXPECT_LT(std::abs(path.layers[1].iip_z), 6);
  EXPECT_NEAR(path.iip[1], 0, 0.02);
  EXPECT_GT(plain.iip[1], 0.1);  // what the plug-in makes of strangers at 256 pixels
}

TEST(InformationPath, ANaNNamesItsLayer) {
  Sample maps = sample();
  maps.layers[2].values[40] = std::numeric_limits<float>::quiet_NaN();
  try {
    maps.path({});
    ADD_FAILURE() << "a NaN passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::numerical);
    EXPECT_THAT(error.what(), HasSubstr("conv3: a feature map has the value nan at pixel 4 of 36"));
  }
  Sample dark = sample();
  dark.image.values[0] = std::numeric_limits<float>::infinity();
  try {
    dark.path({});
    ADD_FAILURE() << "infinity passed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the image: a feature map has the value inf at pixel 0"));
  }
}

/// A maximum of a NaN and a number may be the number.
TEST(SymbolMaps, ANaNIsFoundBeforeTheMapsShrink) {
  std::vector<float> values(16, 0.5f);
  values[3] = 2;
  for (std::size_t place = 0; place < values.size(); ++place)
    for (const auto order : {SizeOrder::downsample_then_bucket, SizeOrder::bucket_then_downsample}) {
      std::vector<float> broken = values;
      broken[place] = std::numeric_limits<float>::quiet_NaN();
      const LayerMaps maps{.values = broken, .channels = 1, .size = {4, 4}};
      EXPECT_THROW(symbols_of(maps, {2, 2}, {.order = order}), Error) << place;
    }
}

TEST(InformationPath, ANaNThatPoolingWouldHideIsFound) {
  for (const auto range : {RangeRule::per_map, RangeRule::layer, RangeRule::robust, RangeRule::shared}) {
    Sample maps = sample();
    maps.layers[0].values[1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(maps.path({.range = range}), Error);
  }
}

TEST(InformationPath, OptionsThatDoNotFitAreRefused) {
  const Sample maps = sample();
  EXPECT_THROW(maps.path({.target_layer = 0}), Error);
  EXPECT_THROW(maps.path({.target_layer = 5}), Error);
  EXPECT_THROW(maps.path({.buckets = 64}), Error);
  EXPECT_THROW(maps.path({.range = RangeRule::global}), Error);
  EXPECT_THROW(maps.path({.estimator = Estimator::shift_null, .shifts = 0}), Error);
  auto short_ranges = std::make_shared<PopulationRanges>(*wide_ranges());
  short_ranges->layers.pop_back();
  EXPECT_THROW(maps.path({.range = RangeRule::global, .global_ranges = short_ranges}), Error);
  auto narrow_ranges = std::make_shared<PopulationRanges>(*wide_ranges());
  narrow_ranges->layers[0].pop_back();
  EXPECT_THROW(maps.path({.range = RangeRule::global, .global_ranges = narrow_ranges}), Error);
  EXPECT_THROW(information_path({}, maps.image.view()), Error);
}

TEST(NullShifts, AreFarApartEvenlySpreadAndNeverTheIdentity) {
  EXPECT_TRUE(null_shifts({1, 1}, 16).empty());
  EXPECT_EQ(null_shifts({2, 2}, 16).size(), 3u);
  EXPECT_EQ(null_shifts({8, 8}, 100).size(), 55u);  // 64 less the 9 within one pixel
  const auto shifts = null_shifts({32, 32}, 16);
  EXPECT_EQ(shifts.size(), 16u);
  for (const auto [rows, columns] : shifts)
    EXPECT_TRUE((rows >= 8 && rows <= 24) || (columns >= 8 && columns <= 24)) << rows << ' ' << columns;
}

TEST(Shifted, MovesPixelsAsOnATorus) {
  const SymbolMaps maps{.channels = 1, .size = {2, 3}, .symbols = 6, .values = {0, 1, 2, 3, 4, 5}};
  EXPECT_EQ(shifted(maps, {1, 1}).values, (std::vector<std::uint8_t>{5, 3, 4, 2, 0, 1}));
  EXPECT_EQ(shifted(maps, {0, 2}).values, (std::vector<std::uint8_t>{1, 2, 0, 4, 5, 3}));
}

}  // namespace
}  // namespace weir
