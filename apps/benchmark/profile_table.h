/// `weir bench --profile`: where the time of a work goes, kind by kind.
#pragma once

#include <string>
#include <vector>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/network_table.h"

namespace weir {

struct ProfileLine {
  std::string kind;         // "conv forward", "max_pool gradient", "waiting in the cohort", "rest"
  double milliseconds = 0;  // of one run, all workers together
  double share = 0;         // of the workers' time
  double calls = 0;         // of one run; 0 where there is nothing to count
};

struct WorkProfile {
  std::string network, work, device;
  Numerics numerics = Numerics::exact;
  Index batch = 0;
  int threads = 1;
  double milliseconds = 0;              // of one run, on the clock
  std::vector<ProfileLine> lines = {};  // the largest first, waiting and rest at the end
  double in_kernels = 0;                // share of the workers' time, vendor routines and our own kernels
};

/// Runs the work for options.seconds. Workers' time is that of every thread of the budget, busy or not.
WorkProfile profiled(const NetworkGroup& group, const Computing& computing, const TurnOptions& options);

/// A table a work; in csv and JSON every line says which work it belongs to.
std::string profile_table(const std::vector<WorkProfile>& profiles, TableFormat format);

}  // namespace weir
