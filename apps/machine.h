/// What the program runs on: for `weir doctor` and manifests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/page.h"

namespace weir {

struct Machine {
  std::string cpu;
  std::vector<std::string> instruction_sets;  // of those that Weir or its libraries choose kernels by
  std::uint64_t memory_bytes = 0;
  std::string system;  // "Linux 6.1.0"
  /// Variables in the environment that change what libraries do, as NAME=VALUE.
  std::vector<std::string> settings;
};

Machine this_machine();

/// The same in the words of manifests and reports.
std::vector<Fact> facts_of(const Machine& machine);

}  // namespace weir
