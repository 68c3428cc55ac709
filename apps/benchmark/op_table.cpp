#include "apps/benchmark/op_table.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/json_dump.h"

namespace weir {

using Json = nlohmann::ordered_json;

namespace {

/// The first of each device where numerics make no difference.
std::vector<Computing> different(const OpWork& work, const std::vector<Computing>& computings) {
  std::vector<Computing> result;
  for (const Computing& c : computings)
    if (work.has_numerics || std::ranges::find(result, c.device, &Computing::device) == result.end())
      result.push_back(c);
  return result;
}

}  // namespace

std::vector<TimedOp> timed(const OpWork& work, const std::vector<Computing>& computings) {
  const OpOracle oracle(work);
  std::vector<std::function<Tensor()>> computations;
  std::vector<TimedOp> rows;
  for (const Computing& c : different(work, computings)) {
    computations.push_back(work.prepare({*c.device, DType::f32, c.numerics}));
    const OpCheck check = oracle.check(computations.back()());
    rows.push_back({.op = work.op,
                    .shape = work.shape,
                    .device = std::string(c.device->name()),
                    .numerics = c.numerics,
                    .counts_operations = work.operations > 0,
                    .check = check,
                    .right = check.largest_error <= oracle.tolerance(c.numerics)});
  }
  std::vector<std::function<void()>> ways;
  for (std::size_t i = 0; i < computations.size(); ++i)
    ways.emplace_back([&computation = computations[i], &device = Device::named(rows[i].device)] {
      computation();
      device.synchronise();
    });
  const std::vector<Timing> timings = measure(ways, {});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double work_done = rows[i].counts_operations ? work.operations : work.bytes;
    rows[i].timing = timings[i];
    rows[i].rate = work_done / timings[i].median / 1e6;
  }
  return rows;
}

std::string op_markdown(const std::vector<TimedOp>& rows) {
  std::string text =
      "| op | shape | device | numerics | ms | ± | rate | largest error | bits |\n"
      "|---|---|---|---|--:|--:|--:|--:|---|\n";
  for (const TimedOp& row : rows)
    text += fmt::format("| {} | {} | {} | {} | {:.3f} | {:.3f} | {:.1f} {} | {:.1e}{} | {} |\n", row.op,
                        row.shape, row.device, to_string(row.numerics), row.timing.median, row.timing.spread,
                        row.rate, row.counts_operations ? "GFLOP/s" : "GB/s", row.check.largest_error,
                        row.right ? "" : " WRONG", row.check.same_bits ? "the reference's" : "its own");
  return text;
}

std::string op_json(const std::vector<TimedOp>& rows) {
  Json list = Json::array();
  for (const TimedOp& row : rows)
    list.push_back({{"op", row.op},
                    {"shape", row.shape},
                    {"device", row.device},
                    {"numerics", to_string(row.numerics)},
                    {"milliseconds", row.timing.median},
                    {"spread", row.timing.spread},
                    {"samples", row.timing.samples},
                    {row.counts_operations ? "gflop_per_second" : "gigabyte_per_second", row.rate},
                    {"largest_error", row.check.largest_error},
                    {"right", row.right},
                    {"same_bits_as_reference", row.check.same_bits}});
  return dumped(Json{{"threads", 1}, {"rows", list}}) + "\n";
}

}  // namespace weir
