#include "tests/support/devices.h"

#include <algorithm>
#include <cstdlib>

namespace weir {

std::vector<std::string> device_names() { return {"reference", "openblas", "onednn", "emulated", "cuda"}; }

std::vector<std::string> other_device_names() {
  std::vector<std::string> names = device_names();
  std::erase(names, "reference");
  return names;
}

Device* find_device(std::string_view name) {
  const auto available = Device::available();
  return std::find(available.begin(), available.end(), name) == available.end() ? nullptr
                                                                                : &Device::named(name);
}

bool is_required(std::string_view name) {
  const char* list = std::getenv("WEIR_REQUIRE_BACKENDS");
  return list && ("," + std::string(list) + ",").find("," + std::string(name) + ",") != std::string::npos;
}

void DeviceTest::set_device(const std::string& name) {
  device_ = find_device(name);
  if (device_) return;
  const std::string reason = Device::why_unusable(name);
  const std::string why = name + ": " + (reason.empty() ? "not in this build" : reason);
  if (is_required(name)) FAIL() << why << ", but WEIR_REQUIRE_BACKENDS names it";
  GTEST_SKIP() << why;
}

std::string device_test_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

}  // namespace weir
