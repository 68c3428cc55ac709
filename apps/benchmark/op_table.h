/// `weir bench --ops`: op by shape by device and numerics, as a table and as a document.
#pragma once

#include <string>
#include <vector>

#include "apps/benchmark/computing.h"
#include "apps/benchmark/measure.h"
#include "apps/benchmark/op_works.h"

namespace weir {

struct TimedOp {
  std::string op, shape, device;
  Numerics numerics = Numerics::exact;
  Timing timing = {};
  double rate = 0;  // GFLOP/s, or GB/s where the op has no operations to speak of
  bool counts_operations = false;
  OpCheck check;
  bool right = false;
};

/// One op, checked, then timed in turn. A row for each way of computing it, in their order; an op that knows
/// one way only has a row for each device.
std::vector<TimedOp> timed(const OpWork& work, const std::vector<Computing>& computings);

std::string op_markdown(const std::vector<TimedOp>& rows);
std::string op_json(const std::vector<TimedOp>& rows);

}  // namespace weir
