#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "attacks/summary.h"
#include "autograd/graphviz.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "models/architecture_json.h"
#include "models/registry.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "study/model_card.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct ModelsOptions {
  std::string model;
  bool graph = false;
};

std::string kind_of(const LayerSpec& spec) {
  std::string text(to_string(spec.kind));
  if (spec.kind == LayerKind::dropout) return fmt::format("{} {}", text, spec.rate);
  if (spec.activation != Activation::none) text += fmt::format(", {}", to_string(spec.activation));
  if (spec.norm != Norm::none) text += fmt::format(", norm {}", to_string(spec.norm));
  return text;
}

std::string layers_of(const Architecture& architecture) {
  const std::vector<LayerRow> rows = layer_table(architecture);
  std::string text = fmt::format("{:<10} {:<34} {:<14} {:>11} {:>13}\n", "layer", "kind", "output",
                                 "parameters", "multiply-adds");
  for (const LayerRow& row : rows)
    text += fmt::format("{:<10} {:<34} {:<14} {:>11} {:>13}\n", row.name, kind_of(row.spec),
                        to_string(row.output), with_commas(row.parameters), with_commas(row.multiply_adds));
  const LayerTotals sum = totals(rows);
  text += fmt::format("{:<60} {:>11} {:>13}\n", "total", with_commas(sum.parameters),
                      with_commas(sum.multiply_adds));
  if (sum.running_statistics > 0)
    text += fmt::format("{:<60} {:>11}\n", "running statistics besides", with_commas(sum.running_statistics));
  return text;
}

Json layers_document(const Architecture& architecture) {
  Json layers = Json::array();
  const std::vector<LayerRow> rows = layer_table(architecture);
  for (const LayerRow& row : rows) {
    Json output = Json::array();
    for (int axis = 0; axis < row.output.rank(); ++axis) output.push_back(row.output[axis]);
    layers.push_back({{"name", row.name},
                      {"kind", to_string(row.spec.kind)},
                      {"output", output},
                      {"parameters", row.parameters},
                      {"running_statistics", row.running_statistics},
                      {"multiply_adds", row.multiply_adds}});
  }
  const LayerTotals sum = totals(rows);
  return {{"model", architecture.model},
          {"parameters", sum.parameters},
          {"running_statistics", sum.running_statistics},
          {"multiply_adds", sum.multiply_adds},
          {"layers", layers}};
}

std::string overview() {
  std::string text = fmt::format("{:<10} {:>12} {:>11} {:>18} {:>13}\n", "model", "convolutions",
                                 "parameters", "running statistics", "multiply-adds");
  for (const std::string_view name : model_names()) {
    const std::vector<LayerRow> rows = layer_table(architecture_named(name));
    const auto convolutions =
        std::ranges::count_if(rows, [](const LayerRow& row) { return row.spec.kind == LayerKind::conv; });
    const LayerTotals sum = totals(rows);
    text +=
        fmt::format("{:<10} {:>12} {:>11} {:>18} {:>13}\n", name, convolutions, with_commas(sum.parameters),
                    with_commas(sum.running_statistics), with_commas(sum.multiply_adds));
  }
  return text;
}

/// A file that comes with Weir, and what its card says. Without a card, its metadata speak.
struct Pretrained {
  std::string name, model, recipe, test_accuracy;
  Index parameters = 0, running_statistics = 0;
  std::optional<ModelCard> card;
};

std::vector<Pretrained> pretrained() {
  std::vector<Pretrained> list;
  for (const std::string& name : pretrained_names()) {
    const OpenedNetwork opened = open_network({.weights = name, .model = {}}, Device::reference());
    const auto text = [&](const char* key) {
      const auto found = opened.stored.metadata.find(key);
      return found == opened.stored.metadata.end() ? std::string("unknown") : found->second;
    };
    list.push_back({name, opened.stored.architecture.model, text("recipe"), text("test_accuracy"),
                    count_parameters(opened.network()), count_buffers(opened.network()),
                    card_of(opened.path)});
  }
  return list;
}

/// "91.20 % (90.63 to 91.74)", "96.11 %", "1.20 %".
std::vector<std::string> measured_words(const Pretrained& weights) {
  if (!weights.card || !weights.card->measured) return {weights.test_accuracy, "", ""};
  const Evaluation& test = weights.card->measured->test;
  const Rate rate = rate_of(test.correct, test.count);
  return {fmt::format("{:.2f} % ({:.2f} to {:.2f})", 100 * rate.value, 100 * rate.low, 100 * rate.high),
          fmt::format("{:.2f} %", 100 * test.mean_confidence),
          fmt::format("{:.2f} %", 100 * test.calibration_error)};
}

std::string pretrained_lines() {
  constexpr const char* line = "{:<16} {:<10} {:>11}  {:<16} {:<25} {:<11} {}\n";
  std::string text = "\n" + fmt::format(line, "weights", "model", "parameters", "recipe",
                                        "test accuracy (95 %)", "confidence", "calibration error");
  for (const Pretrained& weights : pretrained()) {
    const std::vector<std::string> words = measured_words(weights);
    text += fmt::format(line, weights.name, weights.model, with_commas(weights.parameters), weights.recipe,
                        words[0], words[1], words[2]);
  }
  return text;
}

Json overview_document() {
  Json models = Json::array();
  for (const std::string_view name : model_names())
    models.push_back(layers_document(architecture_named(name)));
  Json weights = Json::array();
  for (const Pretrained& one : pretrained()) {
    weights.push_back({{"name", one.name},
                       {"model", one.model},
                       {"parameters", one.parameters},
                       {"running_statistics", one.running_statistics},
                       {"recipe", one.recipe},
                       {"test_accuracy", one.test_accuracy}});
    if (one.card) weights.back()["card"] = Json::parse(to_json(*one.card));
  }
  return {{"models", models}, {"weights", weights}};
}

/// What one image computes on its way through, as DOT; weights do not matter to it.
std::string graph_of(const Architecture& architecture) {
  Device& device = Device::reference();
  const auto network = build(architecture, device, DType::f32);
  Tape tape(Mode::evaluate);
  (*network)(tape.input(Tensor::zeros({1, study_image[0], study_image[1], study_image[2]}, device), "image"));
  return to_dot(tape);
}

/// As architecture_named(), with the names of weights among those that could be meant.
[[noreturn]] void fail_unknown(const std::string& word) {
  const std::vector<std::string_view> models = model_names();
  const std::vector<std::string> weights = pretrained_names();
  std::vector<std::string> known(models.begin(), models.end());
  known.insert(known.end(), weights.begin(), weights.end());
  fail({.code = "E0209",
        .message = fmt::format("no model {}", printable(word)),
        .note = fmt::format("the models are {}; weights that come along: {}; files are accepted too",
                            fmt::join(models, ", "), fmt::join(weights, ", ")),
        .help = suggestion(word, known)});
}

/// Of a model, of a model.json, or of weights: what they were built as, not what their model was before.
Architecture architecture_shown(const std::string& word) {
  const std::vector<std::string_view> models = model_names();
  if (word.ends_with(".json") || std::ranges::find(models, word) != models.end())
    return architecture_from(word);
  if (!names_weights(word)) fail_unknown(word);
  return open_network({.weights = word, .model = {}}, Device::reference()).stored.architecture;
}

ExitStatus run_models(const ModelsOptions& options, Session& session) {
  const bool json = session.shared().json;
  if (options.graph && options.model.empty())
    fail({.code = "E0004",
          .message = "`weir models --graph` needs MODEL",
          .help = "`weir models good-init --graph`"});
  if (options.graph && json)
    fail({.code = "E0006",
          .message = "`--graph` prints DOT, `--json` prints JSON: both cannot be",
          .help = "leave one of them out"});
  if (options.model.empty()) {
    session.result(json ? dumped(overview_document()) + "\n" : overview() + pretrained_lines());
    return ExitStatus::done;
  }
  const Architecture architecture = architecture_shown(options.model);
  if (options.graph) {
    session.result(graph_of(architecture));
    return ExitStatus::done;
  }
  session.result(json ? dumped(layers_document(architecture)) + "\n" : layers_of(architecture));
  return ExitStatus::done;
}

}  // namespace

void add_models(Command& weir) {
  const auto options = std::make_shared<ModelsOptions>();
  weir.child({.name = "models",
              .summary = "the networks, their layers and sizes, and the weights that come with Weir",
              .examples = {"weir models", "weir models good-init",
                           "weir models good-init --graph | dot -Tsvg > good-init.svg"},
              .details = "Parameters are what training changes: weights, biases, batch norm's scales and "
                         "shifts. Batch norm's running statistics stand apart; the paper counts both. "
                         "Multiply-adds are those of one forward pass of one 32x32 image."})
      .optional_positional("MODEL", "shows its layers: a name, a model.json, or weights (a name, a file)",
                           text_into(options->model))
      .flag("--graph", "draws it: DOT, for `dot -Tsvg`", options->graph)
      .shares({})
      .runs([options](Session& session) { return run_models(*options, session); });
}

}  // namespace weir
