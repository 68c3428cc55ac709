#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "attacks/options.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "infoflow/aggregate.h"
#include "infoflow/tracer.h"
#include "models/zoo.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<NamedValue<Tap>, 5> taps = {{{"post-act", Tap::post_act},
                                                  {"pre-act", Tap::pre_act},
                                                  {"post-relu", Tap::post_relu},
                                                  {"post-pool", Tap::post_pool},
                                                  {"post-pool-local", Tap::post_pool_local}}};
constexpr std::array<NamedValue<RangeRule>, 4> ranges = {{{"per-map", RangeRule::per_map},
                                                          {"shared", RangeRule::shared},
                                                          {"layer", RangeRule::layer},
                                                          {"robust", RangeRule::robust}}};
constexpr std::array<NamedValue<Estimator>, 3> estimators = {{{"plug-in", Estimator::plug_in},
                                                              {"miller-madow", Estimator::miller_madow},
                                                              {"shift-null", Estimator::shift_null}}};
constexpr std::array<NamedValue<LogBase>, 2> log_bases = {{{"e", LogBase::e}, {"2", LogBase::two}}};
constexpr std::array<NamedValue<Downsample>, 3> downsamples = {
    {{"max", Downsample::max}, {"average", Downsample::average}, {"nearest", Downsample::nearest}}};

struct FlowCommand {
  NetworkWords network;
  std::string images;
  FlowOptions flow;
  Index buckets = 8, target_layer = 0;
};

/// An option for a choice of the method: its names, and the study's reading as default.
template <class Value, std::size_t Count>
void add_choice(Command& command, const std::string& name, const std::array<NamedValue<Value>, Count>& names,
                std::pair<Value*, std::string> target_and_help) {
  Value* target = target_and_help.first;
  std::vector<std::string> words;
  for (const auto& candidate : names) words.emplace_back(candidate.name);
  command.option(name, "NAME",
                 fmt::format("{}: {} (default {})", target_and_help.second, fmt::join(words, ", "),
                             name_of(names, *target)),
                 [target, names, words](const Argument& argument) {
                   std::string chosen;
                   name_into(chosen, words)(argument);
                   for (const auto& candidate : names)
                     if (candidate.name == chosen) *target = candidate.value;
                 });
}

std::vector<Path> traced(Evaluator& evaluator, const Tensor& images, const FlowOptions& options,
                         Session& session) {
  const Index rows_at_a_time = rows_that_fill(evaluator.device());
  const auto progress = session.progress("flow", images.rows(), "images");
  std::vector<Path> paths;
  for (Index first = 0; first < images.rows(); first += rows_at_a_time) {
    progress->at(first);
    const Index count = std::min(rows_at_a_time, images.rows() - first);
    for (Path& path : information_paths(evaluator, images.batch_slice(first, count), options))
      paths.push_back(std::move(path));
  }
  return paths;
}

std::string as_csv(const std::vector<Path>& paths) {
  std::string text = "image,k,layer,channels,height,width,iip,oip\n";
  for (std::size_t image = 0; image < paths.size(); ++image)
    for (std::size_t k = 0; k < paths[image].layers.size(); ++k) {
      const LayerReport& layer = paths[image].layers[k];
      text += fmt::format("{},{},{},{},{},{},{},{}\n", image, k + 1, layer.name, layer.channels,
                          layer.size.height, layer.size.width, paths[image].iip[k], paths[image].oip[k]);
    }
  return text;
}

Json summary(const std::vector<Path>& paths, const Aggregate& mean, const FlowCommand& options) {
  Json layers = Json::array();
  for (std::size_t k = 0; k < paths.front().layers.size(); ++k)
    layers.push_back({{"k", k + 1},
                      {"layer", paths.front().layers[k].name},
                      {"iip", mean.iip.mean[k]},
                      {"iip_deviation", mean.iip.deviation[k]},
                      {"oip", mean.oip.mean[k]},
                      {"oip_deviation", mean.oip.deviation[k]}});
  return {{"images", paths.size()},
          {"unit", options.flow.log_base == LogBase::e ? "nats" : "bits"},
          {"tap", name_of(taps, options.flow.tap)},
          {"estimator", name_of(estimators, options.flow.estimator)},
          {"layers", layers}};
}

std::string table(const Json& summary) {
  std::string text = fmt::format(
      "{:>3}  {:<8} {:>9} {:>11} {:>9} {:>11}   mean over {}, {}\n", "k", "layer", "iip", "deviation", "oip",
      "deviation", count_of(summary["images"].get<Index>(), "image"), summary["unit"].get<std::string>());
  for (const Json& layer : summary["layers"])
    text += fmt::format("{:>3}  {:<8} {:>9.4f} {:>11.4f} {:>9.4f} {:>11.4f}\n", layer["k"].get<int>(),
                        layer["layer"].get<std::string>(), layer["iip"].get<double>(),
                        layer["iip_deviation"].get<double>(), layer["oip"].get<double>(),
                        layer["oip_deviation"].get<double>());
  return text;
}

void expect_target_layer(Index target, const Architecture& architecture) {
  const Index layers = std::ranges::count(layer_table(architecture), LayerKind::conv,
                                          [](const LayerRow& row) { return row.spec.kind; });
  if (layers > 0 && target > layers)
    fail({.code = "E0206",
          .message = fmt::format("`--target-layer` must be 1 to {}, found {}", layers, target),
          .note = fmt::format("{} has {} convolution layers", architecture.model, layers)});
}

ExitStatus run_flow(FlowCommand options, Session& session) {
  options.flow.buckets = static_cast<int>(options.buckets);
  if (options.target_layer > 0) options.flow.target_layer = options.target_layer;
  RunFolder folder(session);
  Device& device = session.device();
  folder.reads(find_weights(options.network.weights));
  folder.reads(options.images);
  const OpenedNetwork opened = open_network(options.network, device);
  expect_target_layer(options.target_layer, opened.stored.architecture);
  const Pictures pictures = open_pictures(std::span(&options.images, 1), device);
  session.say(fmt::format("{}: paths of {} ({})", described(opened),
                          count_of(pictures.images.rows(), "image"), device.name()));
  if (session.shared().dry_run) return ExitStatus::done;

  Evaluator evaluator(opened.network(), device);
  const std::vector<Path> paths = traced(evaluator, pictures.images, options.flow, session);
  const Json found = summary(paths, aggregate(paths, {.rule = Aggregation::mean}), options);
  folder.write("paths.csv", as_csv(paths));
  folder.write("summary.json", dumped(found) + "\n");
  folder.seal(options.images);
  session.result(session.shared().json ? dumped(found) + "\n" : table(found));
  return ExitStatus::done;
}

}  // namespace

void add_flow(Command& weir) {
  const auto options = std::make_shared<FlowCommand>();
  Command& command = weir.child(
      {.name = "flow",
       .summary = "information paths: what each layer shares with the image and with the last layer",
       .examples = {"weir flow good-init weir-out/attack/adversarial.npy --out flow-adversarial",
                    "weir flow good-init weir-out/attack/original.npy --estimator shift-null --json"},
       .details = "Writes paths.csv (a line for each image and layer) and summary.json. The defaults are the "
                  "readings of the study."});
  takes_network(command, options->network)
      .positional("IMAGES", ".npy, float32 [N,3,32,32], values in [-1,1]; or a PNG",
                  text_into(options->images));
  FlowOptions& flow = options->flow;
  add_choice(command, "--tap", taps, {&flow.tap, "where maps are read"});
  add_choice(command, "--estimator", estimators, {&flow.estimator, "of mutual information"});
  add_choice(command, "--range", ranges, {&flow.range, "what the buckets span"});
  add_choice(command, "--downsample", downsamples, {&flow.downsample, "how maps meet in size"});
  add_choice(command, "--log", log_bases, {&flow.log_base, "nats or bits"});
  command
      .option("--buckets", "N", "of each map's values (default 8)",
              integer_into(options->buckets, {.low = 2, .high = 15}))
      .option("--target-layer", "K", "of the output paths, from 1 (default: the last)",
              integer_into(options->target_layer, {.low = 1}))
      .writes_to("weir-out/flow")
      .shares({Shared::out, Shared::device, Shared::threads, Shared::dry_run})
      .runs([options](Session& session) { return run_flow(*options, session); });
}

}  // namespace weir
