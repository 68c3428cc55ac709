#include "models/architecture_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "data/read_file.h"
#include "models/json_text.h"
#include "models/registry.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array all_kinds = {LayerKind::conv,
                                  LayerKind::max_pool,
                                  LayerKind::avg_pool,
                                  LayerKind::global_max_pool,
                                  LayerKind::global_avg_pool,
                                  LayerKind::activation,
                                  LayerKind::dropout,
                                  LayerKind::flatten,
                                  LayerKind::linear,
                                  LayerKind::residual};
constexpr std::array all_norms = {Norm::none, Norm::before_activation, Norm::after_activation};

[[noreturn]] void refuse(const std::string& source, std::string message, std::string help = {}) {
  fail({.kind = ErrorKind::usage,
        .code = "E0212",
        .message = fmt::format("{}: {}", source, message),
        .note = {},
        .help = std::move(help)});
}

/// One of `all` by the name that to_string() gives it.
template <class Value, std::size_t count>
Value named(const std::array<Value, count>& all, const Json& text, const std::string& source) {
  std::vector<std::string_view> names;
  for (const Value value : all) {
    names.push_back(to_string(value));
    if (text.is_string() && text.get_ref<const std::string&>() == names.back()) return value;
  }
  refuse(source, fmt::format("found {}, expected one of {}", text.dump(), fmt::join(names, ", ")));
}

Json json_of(const std::vector<LayerSpec>& specs);

Json json_of(const LayerSpec& spec) {
  Json layer = {{"kind", to_string(spec.kind)}};
  if (spec.width > 0) layer["width"] = spec.width;
  if (spec.window) layer["window"] = *spec.window;
  if (spec.stride) layer["stride"] = *spec.stride;
  if (spec.padding) layer["padding"] = *spec.padding;
  if (spec.activation != Activation::none) layer["activation"] = to_string(spec.activation);
  if (spec.norm != Norm::none) layer["norm"] = to_string(spec.norm);
  if (spec.kind == LayerKind::dropout) layer["rate"] = spec.rate;
  if (!spec.layers.empty()) layer["layers"] = json_of(spec.layers);
  if (!spec.shortcut.empty()) layer["shortcut"] = json_of(spec.shortcut);
  return layer;
}

Json json_of(const std::vector<LayerSpec>& specs) {
  Json layers = Json::array();
  for (const LayerSpec& spec : specs) layers.push_back(json_of(spec));
  return layers;
}

/// How deep residual blocks may lie in each other: everything that walks a network recurses.
constexpr int most_depth = 16;

std::vector<LayerSpec> layers_from(const Json& json, const std::string& source, int depth);

/// What a kind of layer has besides `kind`: a key that it would not use is a mistake.
std::vector<std::string_view> keys_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return {"width", "window", "stride", "padding", "activation", "norm"};
    case LayerKind::linear:
      return {"width", "activation", "norm"};
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      return {"window", "stride"};
    case LayerKind::activation:
      return {"activation"};
    case LayerKind::dropout:
      return {"rate"};
    case LayerKind::residual:
      return {"layers", "shortcut"};
    case LayerKind::global_max_pool:
    case LayerKind::global_avg_pool:
    case LayerKind::flatten:
      break;
  }
  return {};
}

void expect_key_of(LayerKind kind, const std::string& key, const std::string& source) {
  const std::vector<std::string_view> keys = keys_of(kind);
  if (key == "kind" || std::ranges::find(keys, key) != keys.end()) return;
  const std::string nearest = suggestion(key, keys);
  refuse(source, fmt::format("unknown key `{}` of a layer of kind {}", key, to_string(kind)),
         !nearest.empty() ? nearest
         : keys.empty()   ? "it has none besides `kind`"
                          : fmt::format("it has {}", fmt::join(keys, ", ")));
}

Index whole_number(const std::string& key, const Json& value, const std::string& source) {
  if (!value.is_number_integer())
    refuse(source, fmt::format("`{}` is {}, expected a number", key, value.dump()));
  return value.get<Index>();
}

void set(LayerSpec& spec, const std::string& key, const Json& value, const std::string& source, int depth) {
  if (key == "width")
    spec.width = whole_number(key, value, source);
  else if (key == "window")
    spec.window = whole_number(key, value, source);
  else if (key == "stride")
    spec.stride = whole_number(key, value, source);
  else if (key == "padding")
    spec.padding = whole_number(key, value, source);
  else if (key == "rate" && !value.is_number())
    refuse(source, fmt::format("`{}` is {}, expected a number", key, value.dump()));
  else if (key == "rate")
    spec.rate = value.get<double>();
  else if (key == "activation")
    spec.activation = named(all_activations, value, source);
  else if (key == "norm")
    spec.norm = named(all_norms, value, source);
  else if (key == "layers")
    spec.layers = layers_from(value, source, depth + 1);
  else if (key == "shortcut")
    spec.shortcut = layers_from(value, source, depth + 1);
}

LayerSpec layer_from(const Json& json, const std::string& source, int depth) {
  if (!json.is_object() || !json.contains("kind")) refuse(source, "a layer is an object with a `kind`");
  LayerSpec spec{.kind = named(all_kinds, json["kind"], source)};
  for (const auto& [key, value] : json.items()) {
    expect_key_of(spec.kind, key, source);
    set(spec, key, value, source, depth);
  }
  return spec;
}

std::vector<LayerSpec> layers_from(const Json& json, const std::string& source, int depth) {
  if (depth > most_depth)
    refuse(source, fmt::format("residual blocks lie in each other more than {} deep", most_depth));
  if (!json.is_array()) refuse(source, fmt::format("found {}, expected a list of layers", json.dump()));
  std::vector<LayerSpec> specs;
  for (const Json& layer : json) specs.push_back(layer_from(layer, source, depth));
  return specs;
}

/// Layers that do not fit together are the file's fault as much as a misspelt key.
void expect_layers_that_fit(const Architecture& architecture, const std::string& source) try {
  expects(!architecture.layers.empty(), "a network has at least one layer");
  layer_table(architecture);
} catch (const Error& error) {
  refuse(source, error.diagnosis().message, error.diagnosis().help);
}

}  // namespace

std::string to_json(const Architecture& architecture) {
  return Json{{"model", architecture.model},
              {"bn_epsilon", architecture.bn_epsilon},
              {"layers", json_of(architecture.layers)}}
      .dump();
}

Architecture architecture_from_json(std::string_view text, const std::string& source) {
  static constexpr std::array<std::string_view, 3> keys = {"model", "bn_epsilon", "layers"};
  const Json json = parse_json_text<Json>(text, source);
  if (!json.is_object() || !json.contains("layers") || !json["layers"].is_array())
    refuse(source, "expected an object with a list `layers`");
  Architecture architecture;
  for (const auto& [key, value] : json.items()) {
    if (key == "model" && value.is_string())
      architecture.model = value.get<std::string>();
    else if (key == "bn_epsilon" && value.is_number())
      architecture.bn_epsilon = value.get<double>();
    else if (key == "layers")
      architecture.layers = layers_from(value, source, 0);
    else
      refuse(source, fmt::format("unknown key or wrong type: `{}`", key), suggestion(key, keys));
  }
  expect_layers_that_fit(architecture, source);
  return architecture;
}

Architecture architecture_from(const std::string& name_or_path) {
  if (!name_or_path.ends_with(".json")) return architecture_named(name_or_path);
  return architecture_from_json(read_text_file(name_or_path), name_or_path);
}

}  // namespace weir
