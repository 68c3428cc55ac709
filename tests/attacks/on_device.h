/// A fixture for tests that an attack passes on every device.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "tests/support/devices.h"

namespace weir {

class AttackOnDevice : public testing::TestWithParam<std::string>, public DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

}  // namespace weir
