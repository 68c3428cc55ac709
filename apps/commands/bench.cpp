#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/op_works.h"
#include "apps/commands/commands.h"
#include "apps/session.h"
#include "tensor/device.h"
#include "tensor/suggest.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct BenchOptions {
  bool ops = false;
  std::string devices, only;
};

struct BenchRow {
  std::string op, shape, device;
  Timing timing = {};
  double rate = 0;  // GFLOP/s, or GB/s where the op has no operations to speak of
  bool counts_operations = false;
  OpCheck check;
  bool right = false;
};

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    words.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// Those that the user names; else all but the two that are not made for speed.
std::vector<Device*> devices_of(const std::string& list) {
  std::vector<Device*> devices;
  if (!list.empty()) {
    for (const std::string& name : words_of(list)) devices.push_back(&Device::named(name));
    return devices;
  }
  for (const std::string_view name : Device::available())
    if (name != "emulated" && name != "reference") devices.push_back(&Device::named(name));
  if (devices.empty()) devices.push_back(&Device::reference());
  return devices;
}

std::vector<OpWork> works_of(const std::string& only) {
  std::vector<OpWork> works = op_works();
  std::vector<std::string> names;
  for (const OpWork& work : works) names.push_back(work.op);
  std::erase_if(works, [&](const OpWork& work) { return work.op.find(only) == std::string::npos; });
  if (works.empty())
    fail({.code = "E0207",
          .message = fmt::format("`--only` leaves nothing: no op has `{}` in its name", only),
          .help = suggestion(only, names)});
  return works;
}

std::vector<BenchRow> timed(const OpWork& work, const std::vector<Device*>& devices) {
  const OpOracle oracle(work);
  std::vector<std::function<Tensor()>> computations;
  std::vector<BenchRow> rows;
  for (Device* device : devices) {
    computations.push_back(work.prepare(*device, DType::f32));
    const OpCheck check = oracle.check(computations.back()());
    rows.push_back({.op = work.op,
                    .shape = work.shape,
                    .device = std::string(device->name()),
                    .counts_operations = work.operations > 0,
                    .check = check,
                    .right = check.largest_error <= oracle.tolerance()});
  }
  std::vector<std::function<void()>> ways;
  for (const auto& computation : computations) ways.emplace_back([&computation] { computation(); });
  const std::vector<Timing> timings = measure(ways, {});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double work_done = rows[i].counts_operations ? work.operations : work.bytes;
    rows[i].timing = timings[i];
    rows[i].rate = work_done / timings[i].median / 1e6;
  }
  return rows;
}

std::string table(const std::vector<BenchRow>& rows) {
  std::string text =
      "| op | shape | device | ms | ± | rate | largest error | bits |\n"
      "|---|---|---|--:|--:|--:|--:|---|\n";
  for (const BenchRow& row : rows)
    text += fmt::format("| {} | {} | {} | {:.3f} | {:.3f} | {:.1f} {} | {:.1e}{} | {} |\n", row.op, row.shape,
                        row.device, row.timing.median, row.timing.spread, row.rate,
                        row.counts_operations ? "GFLOP/s" : "GB/s", row.check.largest_error,
                        row.right ? "" : " WRONG", row.check.same_bits ? "the reference's" : "its own");
  return text;
}

Json document(const std::vector<BenchRow>& rows) {
  Json list = Json::array();
  for (const BenchRow& row : rows)
    list.push_back({{"op", row.op},
                    {"shape", row.shape},
                    {"device", row.device},
                    {"milliseconds", row.timing.median},
                    {"spread", row.timing.spread},
                    {"samples", row.timing.samples},
                    {row.counts_operations ? "gflop_per_second" : "gigabyte_per_second", row.rate},
                    {"largest_error", row.check.largest_error},
                    {"right", row.right},
                    {"same_bits_as_reference", row.check.same_bits}});
  return {{"threads", 1}, {"rows", list}};
}

ExitStatus run_bench(const BenchOptions& options, Session& session) {
  if (!options.ops)
    fail({.code = "E0004", .message = "`weir bench` needs --ops", .help = "`weir bench --ops`"});
  const std::vector<Device*> devices = devices_of(options.devices);
  const std::vector<OpWork> works = works_of(options.only);
  const auto progress = session.progress("bench", static_cast<Index>(works.size()), "ops");
  std::vector<BenchRow> rows;
  Index done = 0;
  for (const OpWork& work : works) {
    // A worker is alone on its core and computes with one thread: as an op runs inside a piece of a batch.
    run_pieces(1, [&](Index) { std::ranges::move(timed(work, devices), std::back_inserter(rows)); });
    progress->at(++done);
  }
  const bool right = std::ranges::all_of(rows, &BenchRow::right);
  session.result(session.shared().json ? document(rows).dump(2) + "\n" : table(rows));
  return right ? ExitStatus::done : ExitStatus::check_failed;
}

}  // namespace

void add_bench(Command& weir) {
  const auto options = std::make_shared<BenchOptions>();
  weir.child({.name = "bench",
              .summary = "the devices side by side, each answer checked before it is timed",
              .examples = {"weir bench --ops", "weir bench --ops --only conv --devices onednn,openblas"},
              .details = "One thread, 32 images, devices in turn; medians and half the distance between the "
                         "quartiles. Errors are\nparts of the largest value, against double precision."})
      .flag("--ops", "single ops in the shapes of the study's networks", options->ops)
      .option("--devices", "LIST", "divided by commas (default: all but emulated and reference)",
              text_into(options->devices))
      .option("--only", "TEXT", "ops with this in their name", text_into(options->only))
      .shares({})
      .runs([options](Session& session) { return run_bench(*options, session); });
}

}  // namespace weir
