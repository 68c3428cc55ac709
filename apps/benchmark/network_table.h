/// `weir bench`: what whole networks do on each device, as markdown, csv or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/benchmark/computing.h"
#include "apps/benchmark/measure.h"
#include "apps/benchmark/network_works.h"

namespace weir {

struct NetworkRow {
  std::string network, work, device;
  Numerics numerics = Numerics::exact;
  Index batch = 0;
  Timing timing = {};                         // of one run, milliseconds
  double relative = 1;                        // images a second, to the first row of the group
  std::optional<double> peak_share = {};      // of the machine's float32 multiply-adds, measured meanwhile
  std::optional<double> beyond_forward = {};  // milliseconds an image, where the forward pass is taken off
  std::optional<double> largest_error = {};   // as a part of the largest value
  bool right = true;

  double images_per_second() const { return static_cast<double>(batch) / timing.median * 1e3; }
  double images_per_second_spread() const { return images_per_second() * timing.spread / timing.median; }
};

/// One work of one network at one batch, which is then computed in several ways.
struct NetworkGroup {
  const BenchNetwork& network;
  NetworkOracle& oracle;
  const NetworkWork& work;
  Index batch = 0;
};

/// Checked, then timed in turn with one another and with the machine's peak, so that ratios and shares hold
/// where the machine changes its mind. A row for each way, in their order.
std::vector<NetworkRow> timed(const NetworkGroup& group, const std::vector<Computing>& computings,
                              const TurnOptions& options);

enum class TableFormat { markdown, csv, json };

/// A line a row; a number that makes no sense for a row is `-`, and nothing in csv and JSON.
std::string network_table(const std::vector<NetworkRow>& rows, TableFormat format);

}  // namespace weir
