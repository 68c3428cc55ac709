/// What the study does with whole networks: the rows of `weir bench`. Each is checked before it is timed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/benchmark/network_oracle.h"

namespace weir {

struct NetworkSetting {
  const BenchNetwork& network;
  NetworkOracle* oracle = nullptr;  // of that network; null: nothing is compared
  Device& device;
  Numerics numerics = Numerics::exact;
  Index batch = 0;
};

/// A work that is ready to be timed, and what its first answer was worth.
struct PreparedWork {
  std::function<void()> run;
  std::function<void()> forward = {};  // only for works that are reported as what they add to a forward pass
  double operations = 0;               // multiplications and additions of one run; 0: not counted
  std::optional<Deviation> deviation = {};  // none where there is nothing to compare with
  bool right = true;
};

struct NetworkWork {
  std::string name;
  std::function<PreparedWork(const NetworkSetting&)> prepare;
  bool trains = false;  // batch norm then wants two images or more
};

/// forward, input-gradient, 10-class-gradients, training-step, training-step-bf16, flow, and every attack.
std::vector<NetworkWork> network_works();

}  // namespace weir
