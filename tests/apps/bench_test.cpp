// `weir bench`: what it prints, and that it would notice a wrong answer.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/op_works.h"
#include "tensor/device.h"
#include "tensor/ops/pointwise.h"
#include "tests/apps/run_weir.h"

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
  EXPECT_THAT(ran.out, HasSubstr("| softmax | 32x10 | emulated |"));
  EXPECT_THAT(ran.out, HasSubstr("| the reference's |"));
}

TEST(BenchOps, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(run_weir({"bench", "--ops", "--only", "softmaz"}).err,
              HasSubstr("help: did you mean `softmax`?"));
  const Ran ran = run_weir({"bench", "--ops", "--only", "softmax", "--devices", "reference,gpu"});
  EXPECT_EQ(ran.code, 7);
  EXPECT_THAT(ran.err, HasSubstr("no device `gpu`"));
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
    const Tensor right = work.prepare(device, DType::f32)();
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
