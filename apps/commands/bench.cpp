#include <algorithm>
#include <iterator>

#include "apps/benchmark/network_table.h"
#include "apps/benchmark/op_table.h"
#include "apps/benchmark/profile_table.h"
#include "apps/benchmark/winograd_tuning.h"
#include "apps/commands/commands.h"
#include "apps/session.h"
#include "models/architecture_json.h"
#include "models/registry.h"
#include "tensor/device.h"
#include "tensor/suggest.h"
#include "tensor/workers.h"

namespace weir {
namespace {

struct BenchOptions {
  bool ops = false, profile = false, tune = false;
  std::vector<std::string> devices, models, works, numerics;
  std::vector<Index> batches;
  std::string only, format;
  double seconds = 0;  // 0: not said
};

/// Those that the user names; else all but the two that are not made for speed.
std::vector<Device*> devices_of(const std::vector<std::string>& names) {
  std::vector<Device*> devices;
  for (const std::string& name : names) devices.push_back(&Device::named(name));
  if (!devices.empty()) return devices;
  for (const std::string_view name : Device::available())
    if (name != "emulated" && name != "reference") devices.push_back(&Device::named(name));
  if (devices.empty()) devices.push_back(&Device::reference());
  return devices;
}

/// Every device with each of the numerics.
std::vector<Computing> computings_of(const BenchOptions& options) {
  std::vector<Computing> computings;
  for (Device* device : devices_of(options.devices))
    for (const std::string& name : options.numerics)
      computings.push_back({device, name == "exact" ? Numerics::exact : Numerics::fast});
  return computings;
}

using OptionSaid = std::pair<std::string_view, bool>;

/// Throws for the first of these that the user said.
void refuse(std::initializer_list<OptionSaid> options, std::string_view where, std::string help) {
  for (const auto& [option, said] : options)
    if (said)
      fail({.code = "E0006",
            .message = fmt::format("`{}` says nothing {}", option, where),
            .help = std::move(help)});
}

/// An option that says something about the one table has nothing to say about the other.
void expect_one_table(const BenchOptions& options, const Session& session) {
  const OptionSaid models{"--models", !options.models.empty()}, works{"--works", !options.works.empty()},
      batch{"--batch", !options.batches.empty()}, numerics{"--numerics", !options.numerics.empty()},
      seconds{"--seconds", options.seconds > 0}, format{"--format", !options.format.empty()},
      devices{"--devices", !options.devices.empty()}, profile{"--profile", options.profile},
      ops{"--ops", options.ops}, only{"--only", !options.only.empty()};
  if (!options.ops) refuse({only}, "without `--ops`", "`--works` chooses among what networks do");
  if (options.ops) {
    refuse({models, works, batch, seconds, format}, "with `--ops`", "`--only` chooses among ops");
    refuse({profile}, "with `--ops`", "leave one of them out");
  }
  if (options.tune)
    refuse({ops, profile, works, batch, numerics, devices, format}, "with `--tune`",
           "it measures the convolutions of `--models`; `--json` gives a document");
  if (session.shared().json && !options.format.empty() && options.format != "json")
    fail({.code = "E0006",
          .message = fmt::format("`--json` and `--format {}`: both cannot be", options.format),
          .help = "leave one of them out"});
}

std::vector<OpWork> op_works_of(const std::string& only) {
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

ExitStatus run_ops(BenchOptions options, Session& session) {
  if (options.numerics.empty()) options.numerics = {"exact", "fast"};
  const std::vector<Computing> computings = computings_of(options);
  const std::vector<OpWork> works = op_works_of(options.only);
  const auto progress = session.progress("bench", static_cast<Index>(works.size()), "ops");
  std::vector<TimedOp> rows;
  Index done = 0;
  for (const OpWork& work : works) {
    // A worker is alone on its core and computes with one thread: as an op runs inside a piece of a batch.
    run_pieces(1, [&](Index) { std::ranges::move(timed(work, computings), std::back_inserter(rows)); });
    progress->at(++done);
  }
  session.result(session.shared().json ? op_json(rows) : op_markdown(rows));
  return std::ranges::all_of(rows, &TimedOp::right) ? ExitStatus::done : ExitStatus::check_failed;
}

std::vector<std::string> names_of(const std::vector<NetworkWork>& works) {
  std::vector<std::string> names;
  for (const NetworkWork& work : works) names.push_back(work.name);
  return names;
}

/// In the order in which the user names them.
std::vector<NetworkWork> network_works_of(const std::vector<std::string>& names) {
  std::vector<NetworkWork> works = network_works(), chosen;
  for (const std::string& name : names) chosen.push_back(*std::ranges::find(works, name, &NetworkWork::name));
  return names.empty() ? works : chosen;
}

std::vector<BenchNetwork> networks_of(const std::vector<std::string>& words) {
  std::vector<BenchNetwork> networks;
  if (words.empty())
    for (const std::string_view name : model_names())
      networks.push_back(BenchNetwork::named(std::string(name)));
  for (const std::string& word : words) networks.push_back(BenchNetwork::named(word));
  return networks;
}

std::vector<Architecture> architectures_of(const std::vector<std::string>& words) {
  std::vector<Architecture> architectures;
  for (const std::string& word : words) architectures.push_back(architecture_from(word));
  for (const std::string_view name : model_names())
    if (words.empty()) architectures.push_back(architecture_named(name));
  return architectures;
}

TableFormat format_of(const BenchOptions& options, const Session& session) {
  if (session.shared().json || options.format == "json") return TableFormat::json;
  return options.format == "csv" ? TableFormat::csv : TableFormat::markdown;
}

TurnOptions turns_of(const BenchOptions& options) {
  return {.seconds = options.seconds > 0 ? options.seconds : TurnOptions{}.seconds};
}

ExitStatus run_tuning(const BenchOptions& options, Session& session) {
  const std::vector<ConvShape> shapes = tunable_convolutions(architectures_of(options.models));
  const auto progress = session.progress("bench", static_cast<Index>(shapes.size()), "convolutions");
  std::vector<TunedConvolution> convolutions;
  Index done = 0;
  for (const ConvShape& shape : shapes) {
    run_pieces(1, [&](Index) {
      std::ranges::move(tuned(shape, turns_of(options)), std::back_inserter(convolutions));
    });
    progress->at(++done);
  }
  session.result(session.shared().json ? tuning_json(convolutions) : tuning_markdown(convolutions));
  return ExitStatus::done;
}

/// Calls f for every network, work and batch that the options name.
void for_each_group(const BenchOptions& options, Session& session,
                    const std::function<void(const NetworkGroup&)>& f) {
  const std::vector<NetworkWork> works = network_works_of(options.works);
  const std::vector<BenchNetwork> networks = networks_of(options.models);
  const auto total = static_cast<Index>(networks.size() * works.size() * options.batches.size());
  const auto progress = session.progress("bench", total, "groups");
  Index done = 0;
  for (const BenchNetwork& network : networks) {
    NetworkOracle oracle(network);
    for (const NetworkWork& work : works)
      for (const Index batch : options.batches) {
        if (work.trains && batch == 1 && has_norm(network.architecture())) {
          session.say(fmt::format("{} of {} needs two images or more: batch 1 is left out", work.name,
                                  network.name()));
          continue;
        }
        f({network, oracle, work, batch});
        progress->at(++done, fmt::format("{} of {}", work.name, network.name()));
      }
  }
}

ExitStatus run_profile(BenchOptions options, Session& session) {
  if (options.works.empty()) options.works = {"training-step"};
  if (options.batches.empty()) options.batches = {128};
  if (options.numerics.empty()) options.numerics = {"exact"};
  const std::vector<Computing> computings = computings_of(options);
  std::vector<WorkProfile> profiles;
  for_each_group(options, session, [&](const NetworkGroup& group) {
    for (const Computing& c : computings) profiles.push_back(profiled(group, c, turns_of(options)));
  });
  session.result(profile_table(profiles, format_of(options, session)));
  return ExitStatus::done;
}

ExitStatus run_networks(BenchOptions options, Session& session) {
  if (options.batches.empty()) options.batches = {1, 8, 32, 128};
  if (options.numerics.empty()) options.numerics = {"exact", "fast"};
  const std::vector<Computing> computings = computings_of(options);
  std::vector<NetworkRow> rows;
  for_each_group(options, session, [&](const NetworkGroup& group) {
    std::ranges::move(timed(group, computings, turns_of(options)), std::back_inserter(rows));
  });
  session.result(network_table(rows, format_of(options, session)));
  return std::ranges::all_of(rows, &NetworkRow::right) ? ExitStatus::done : ExitStatus::check_failed;
}

ExitStatus run_bench(const BenchOptions& options, Session& session) {
  expect_one_table(options, session);
  if (options.ops) return run_ops(options, session);
  if (options.tune) return run_tuning(options, session);
  return options.profile ? run_profile(options, session) : run_networks(options, session);
}

}  // namespace

void add_bench(Command& weir) {
  const auto options = std::make_shared<BenchOptions>();
  weir.child({.name = "bench",
              .summary = "networks on each device, each answer checked before it is timed",
              .examples = {"weir bench --models good-init --works forward,training-step --batch 32",
                           "weir bench --ops --only conv --devices onednn,openblas"},
              .details =
                  "The rows of a network, a work and a batch are timed in turn, and with them the "
                  "multiply-adds that this machine does at most: `of peak` is a share of those, "
                  "convolutions and linear layers counted as the direct algorithm has them. Errors are "
                  "parts of the largest value, against double precision on the device reference, on 8 "
                  "images at most. `--ops` runs on one thread, 32 images. Medians, and half the distance "
                  "between the quartiles. Exit code 1 where an answer is wrong."})
      .option("--models", "LIST",
              "names or model.json files (random weights), or weights (default: all names)",
              texts_of_list_into(options->models))
      .option("--works", "LIST",
              fmt::format("of {} (default: all)", fmt::join(names_of(network_works()), ", ")),
              names_into(options->works, names_of(network_works())))
      .option("--devices", "LIST", "divided by commas (default: all but emulated and reference)",
              texts_of_list_into(options->devices))
      .option("--numerics", "LIST", "exact,fast (default; with --profile: exact)",
              names_into(options->numerics, {"exact", "fast"}))
      .option("--batch", "LIST", "images at once (default: 1,8,32,128)",
              integers_into(options->batches, {.low = 1, .high = 4096}))
      .option("--seconds", "S", "for each row, about (default: 0.5)", positive_into(options->seconds))
      .option("--format", "NAME", "markdown (default), csv or json",
              name_into(options->format, {"markdown", "csv", "json"}))
      .flag("--profile", "where the time of a work goes instead (default: a training step, batch 128)",
            options->profile)
      .flag("--ops", "single ops instead, in the shapes of the study's networks", options->ops)
      .flag("--tune", "direct convolutions against Winograd's, and the table for this machine", options->tune)
      .option("--only", "TEXT", "ops with this in their name", text_into(options->only))
      .shares({Shared::threads})
      .runs([options](Session& session) { return run_bench(*options, session); });
}

}  // namespace weir
