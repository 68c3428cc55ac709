// `weir bench`: what it prints, and that it would notice a wrong answer.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/op_works.h"
#include "apps/benchmark/winograd_tuning.h"
#include "tensor/device.h"
#include "tensor/ops/pointwise.h"
#include "tests/apps/run_weir.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(BenchOps, TimesEveryDeviceThatIsMadeForSpeed) {
  const Ran ran = run_weir({"bench", "--ops", "--only", "softmax", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto rows = nlohmann::json::parse(ran.out).at("rows");
  std::vector<std::string> devices;
  for (const auto& row : rows) {
    devices.push_back(row.at("device"));
    EXPECT_GT(row.at("milliseconds").get<double>(), 0);
    EXPECT_TRUE(row.at("right").get<bool>());
    EXPECT_LT(row.at("largest_error").get<double>(), 1e-6);
  }
  std::vector<std::string> expected;
  for (const std::string_view name : Device::available())
    if (name != "emulated" && name != "reference") expected.emplace_back(name);
  if (expected.empty()) expected = {"reference"};
  EXPECT_EQ(devices, expected);
}

TEST(BenchOps, IsAMarkdownTable) {
  const Ran ran = run_weir({"bench", "--ops", "--only", "softmax", "--devices", "reference,emulated"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(std::ranges::count(ran.out, '\n'), 4);
  EXPECT_THAT(ran.out, HasSubstr("| softmax | 32x10 | emulated | exact |"));
  EXPECT_THAT(ran.out, HasSubstr("| the reference's |"));
}

TEST(BenchOps, HasARowForEachOfTheNumericsWhereTheyDiffer) {
  const Ran both =
      run_weir({"bench", "--ops", "--only", "linear forward", "--devices", "emulated", "--json"});
  ASSERT_EQ(both.code, 0) << both.err;
  const auto rows = nlohmann::json::parse(both.out).at("rows");
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(row.at("numerics"));
  EXPECT_EQ(found, (std::vector<std::string>{"exact", "fast", "exact", "fast"}));  // two layers
  const Ran one =
      run_weir({"bench", "--ops", "--only", "softmax", "--devices", "emulated", "--numerics", "fast"});
  EXPECT_THAT(one.out, HasSubstr("| emulated | fast |"));
}

TEST(BenchOps, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(run_weir({"bench", "--ops", "--only", "softmaz"}).err,
              HasSubstr("help: did you mean `softmax`?"));
  const Ran ran = run_weir({"bench", "--ops", "--only", "softmax", "--devices", "reference,gpu"});
  EXPECT_EQ(ran.code, 7);
  EXPECT_THAT(ran.err, HasSubstr("no device `gpu`"));
}

TEST(BenchTune, PrintsWhatItMeasuredAndTheRowsThatFollow) {
  const TemporaryFolder folder;
  std::ofstream(folder / "mine.json") << R"({"model": "mine", "layers": [
    {"kind": "conv", "width": 32, "activation": "relu"}, {"kind": "max_pool", "window": 4},
    {"kind": "conv", "width": 48}, {"kind": "conv", "width": 48, "stride": 2}, {"kind": "conv", "width": 48},
    {"kind": "global_max_pool"}, {"kind": "linear", "width": 10}]})";
  const RunOptions here{.folder = folder.path()};
  const std::vector<std::string> words{"bench", "--tune", "--models", "mine.json", "--seconds", "0.001"};
  const std::vector<std::string_view> devices = Device::available();
  if (std::ranges::find(devices, "onednn") == devices.end()) {
    EXPECT_EQ(run_weir(words, here).code, 7);
    return;
  }
  const Ran ran = run_weir(words, here);
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\n| weight_gradient | 32 | 8x8 | 48 | "));
  EXPECT_THAT(ran.out, HasSubstr("\nRows of tensor/vendors/winograd_table.h for this machine:\n\n```\n"));
  EXPECT_EQ(std::ranges::count(ran.out.substr(0, ran.out.find("\n\n")), '\n') + 1, 2 + 3 * 3)
      << "the layer that steps by two has no tiles";
  std::vector<std::string> json = words;
  json.push_back("--json");
  const auto document = nlohmann::json::parse(run_weir(json, here).out);
  EXPECT_EQ(document.at("convolutions").size(), 9u);
  EXPECT_GT(document.at("convolutions").at(0).at("direct_milliseconds").get<double>(), 0);
  EXPECT_LE(document.at("rows").size(), 3u);
}

TEST(BenchTune, RefusesWhatItDoesNotMeasure) {
  EXPECT_THAT(run_weir({"bench", "--tune", "--ops"}).err, HasSubstr("`--ops` says nothing with `--tune`"));
  EXPECT_THAT(run_weir({"bench", "--tune", "--devices", "onednn"}).err,
              HasSubstr("error[E0006]: `--devices` says nothing with `--tune`"));
}

TunedConvolution tuned_shape(const ConvShape& shape, double direct, std::optional<double> winograd) {
  TunedConvolution result{.direction = ConvDirection::forward, .shape = shape, .direct = {.median = direct}};
  if (winograd) result.winograd = Timing{.median = *winograd};
  return result;
}

TEST(WinogradRows, AreTheBoundsThatTakeTheLeastTime) {
  const std::vector<TunedConvolution> convolutions = {
      tuned_shape({3, 32, 64}, 1, 5),      // too few channels
      tuned_shape({32, 32, 32}, 4, 3.9),   // pays
      tuned_shape({48, 16, 96}, 4, 2),     // pays
      tuned_shape({128, 8, 128}, 2, 2.5),  // does not, but less than
      tuned_shape({256, 8, 256}, 4, 3),    // this one saves
      tuned_shape({512, 4, 512}, 2, 3),    // the map is too small
      tuned_shape({40, 4, 512}, 2, {})};   // no such form
  const auto row = best_row(ConvDirection::forward, convolutions);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->direction, ConvDirection::forward);
  EXPECT_EQ(row->cpu, cpu_kind());
  EXPECT_EQ(row->channels, 32);
  EXPECT_EQ(row->pixels, 64);
  EXPECT_FALSE(best_row(ConvDirection::input_gradient, convolutions)) << "nothing was measured";
  EXPECT_FALSE(best_row(ConvDirection::forward, std::span(convolutions).first(1))) << "it never pays";
  EXPECT_NEAR(convolutions[2].ratio(), 2, 1e-12);
  EXPECT_EQ(convolutions[6].ratio(), 0);
}

TEST(WinogradEverywhere, LastsAsLongAsItsScope) {
  const ConvGeometry narrow{.in_channels = 4,
                            .out_channels = 4,
                            .window_height = 3,
                            .window_width = 3,
                            .padding = 1,
                            .out_height = 2,
                            .out_width = 2};
  EXPECT_FALSE(prefers_winograd(ConvDirection::forward, narrow, CpuKind::amx));
  {
    const WinogradEverywhere scope;
    EXPECT_TRUE(prefers_winograd(ConvDirection::forward, narrow, CpuKind::amx));
    ConvGeometry wide = narrow;
    wide.stride = 2;
    EXPECT_FALSE(prefers_winograd(ConvDirection::forward, wide, CpuKind::amx)) << "no tiles";
  }
  EXPECT_FALSE(prefers_winograd(ConvDirection::forward, narrow, CpuKind::amx));
}

TEST(Timing, IsTheMedianAndHalfTheDistanceOfTheQuartiles) {
  const Timing timing = timing_of({5, 1, 2, 4, 3});
  EXPECT_EQ(timing.median, 3);
  EXPECT_EQ(timing.spread, 1);
  EXPECT_EQ(timing.samples, 5);
}

TEST(Measure, TakesTurns) {
  std::string order;
  measure({[&] { order += 'a'; }, [&] { order += 'b'; }}, {.seconds = 0, .least_samples = 3});
  EXPECT_EQ(order, "abababab") << "once each to warm up, then three times";
}

TEST(OpOracle, NoticesOneWrongValueAndOneWrongBit) {
  for (const OpWork& work : op_works()) {
    if (work.op != "linear forward" || !work.shape.starts_with("32x128")) continue;
    const OpOracle oracle(work);
    Device& device = Device::reference();
    const Tensor right = work.prepare({device})();
    EXPECT_TRUE(oracle.check(right).same_bits);
    EXPECT_LT(oracle.check(right).largest_error, oracle.tolerance());
    std::vector<float> values = right.to_host();
    values[77] = std::nextafter(values[77], 9.0f);
    EXPECT_FALSE(
        oracle.check(Tensor::from_host(std::span<const float>(values), right.shape(), device)).same_bits);
    values[77] += 0.01f;
    EXPECT_GT(
        oracle.check(Tensor::from_host(std::span<const float>(values), right.shape(), device)).largest_error,
        oracle.tolerance());
    values[77] = NAN;
    EXPECT_FALSE(oracle.check(Tensor::from_host(std::span<const float>(values), right.shape(), device))
                     .largest_error <= oracle.tolerance());
    return;
  }
  FAIL() << "no such work";
}

}  // namespace
}  // namespace weir
