// `weir doctor`, and the measure by which its self-test judges.
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "apps/doctor_report.h"
#include "tensor/device.h"
#include "tests/apps/run_weir.h"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(Doctor, NamesEveryDeviceAndTestsIt) {
  const Ran ran = run_weir({"doctor"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  for (const std::string_view name : Device::available()) EXPECT_THAT(ran.out, HasSubstr(std::string(name)));
  EXPECT_THAT(ran.out, HasSubstr("gemm 129x257x511"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("WRONG")));
}

TEST(Doctor, SaysWhyAGpuThatIsBuiltInCannotBeUsed) {
  const std::string reason = Device::why_unusable("cuda");
  if (reason.empty()) GTEST_SKIP() << "no CUDA in this build, or a GPU that can be used";
  EXPECT_THAT(run_weir({"doctor"}).out, HasSubstr(reason));
}

TEST(Doctor, TheDocumentSaysTheSame) {
  const Ran ran = run_weir({"doctor", "--json", "--threads", "1"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["devices"].size(), Device::available().size());
  EXPECT_EQ(document["unusable_devices"].size(), Device::why_unusable("cuda").empty() ? 0 : 1);
  EXPECT_EQ(document["threads"], 1);
  EXPECT_EQ(document["passed"], true);
  EXPECT_GE(document["self_test"].size(), 2 + 2 * Device::available().size());
}

TEST(Doctor, NamesTheInstructionsThatBfloat16IsFastWith) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && !line.starts_with("flags")) continue;
  std::istringstream words(line);
  const std::set<std::string> flags{std::istream_iterator<std::string>(words), {}};
  const std::vector<std::string> named = this_machine().instruction_sets;
  for (const char* name : {"avx512_bf16", "amx_tile", "amx_bf16"})
    EXPECT_EQ(std::ranges::count(named, name), flags.contains(name) ? 1 : 0) << name;
}

/// A bound main thread sees one CPU in its own mask, whatever the process may use.
TEST(Doctor, OpenMpPlacesAreTheThreads) {
  const Ran ran =
      run_weir({"doctor", "--json"}, {.environment = {"OMP_PROC_BIND=close", "OMP_PLACES={0},{0},{0}"}});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["threads"], 3);
}

TEST(SelfTest, JudgesByTheRoundingThatTheSumsExplain) {
  const std::vector<double> exact = {1.0, -2.0}, magnitudes = {4.0, 2.0};
  EXPECT_EQ(error_in_roundings(std::vector{1.0f, -2.0f}, exact, magnitudes), 0);
  // 8 * 2^-24 * 4 is the most that the first may be off by.
  EXPECT_NEAR(error_in_roundings(std::vector{1.0f + 0x1p-20f, -2.0f}, exact, magnitudes), 0.5, 1e-12);
  EXPECT_GT(error_in_roundings(std::vector{1.0f, -2.1f}, exact, magnitudes), 1e4);
}

TEST(SelfTest, NanAndMissingResultsAreInfinitelyWrong) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const std::vector<double> exact = {0.0}, magnitudes = {0.0};
  EXPECT_EQ(error_in_roundings(std::vector{std::numeric_limits<float>::quiet_NaN()}, exact, magnitudes),
            infinite);
  EXPECT_EQ(error_in_roundings(std::vector{1.0f}, exact, magnitudes), infinite);
  EXPECT_EQ(error_in_roundings(std::vector<float>{}, exact, magnitudes), infinite);
}

TEST(DoctorReport, AFailedCheckIsInTheOneDocumentToo) {
  const std::vector<SelfCheck> checks = {
      {.what = "fingerprint (SHA-256)", .device = "", .passed = true},
      {.what = "gemm 1x1x1", .device = "onednn", .passed = false, .error = 9}};
  const auto document = nlohmann::json::parse(doctor_json(this_machine(), checks));
  EXPECT_EQ(document["passed"], false);
  EXPECT_EQ(document["self_test"][1]["passed"], false);
  EXPECT_EQ(document["error"]["code"], "E0703");
  EXPECT_EQ(document["error"]["exit"], 7);
  EXPECT_THAT(document["error"]["message"].get<std::string>(),
              HasSubstr("device `onednn` gives a wrong result"));
  EXPECT_THAT(doctor_text(this_machine(), checks), HasSubstr("WRONG onednn"));
  EXPECT_FALSE(failure_in(std::span(checks).first(1)).has_value());
}

}  // namespace
}  // namespace weir
