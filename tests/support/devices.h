/// On which devices a test runs, and what happens when one is missing: a skip that says why, or a failure on
/// a machine that promised the device (WEIR_REQUIRE_BACKENDS=onednn,emulated).
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/device.h"

namespace weir {

/// Every device that Weir knows, whether this build has it or not: what tests are parameterised by.
std::vector<std::string> device_names();
/// Those but `reference`, which is what the others are compared with.
std::vector<std::string> other_device_names();

/// Null when this build lacks it.
Device* find_device(std::string_view name);
/// Whether WEIR_REQUIRE_BACKENDS, a list divided by commas, names it.
bool is_required(std::string_view name);

/// A base for parameterised tests: skips or fails in SetUp when the device is missing.
class DeviceTest {
 protected:
  void set_device(const std::string& name);
  Device& device() const { return *device_; }

 private:
  Device* device_ = nullptr;
};

/// For INSTANTIATE_TEST_SUITE_P over device names.
std::string device_test_name(const testing::TestParamInfo<std::string>& info);

}  // namespace weir
