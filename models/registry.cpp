#include "models/registry.h"

#include <initializer_list>

#include "tensor/suggest.h"

namespace weir {
namespace {

constexpr LayerSpec pool{.kind = LayerKind::max_pool};
constexpr LayerSpec global_pool{.kind = LayerKind::global_max_pool};
constexpr LayerSpec flat{.kind = LayerKind::flatten};

constexpr LayerSpec dropout(double rate) { return {.kind = LayerKind::dropout, .rate = rate}; }
constexpr LayerSpec conv(Index width, Norm norm = Norm::none) {
  return {.kind = LayerKind::conv, .width = width, .norm = norm, .activation = Activation::relu};
}
constexpr LayerSpec hidden(Index width, Norm norm = Norm::none) {
  return {.kind = LayerKind::linear, .width = width, .norm = norm, .activation = Activation::relu};
}
constexpr LayerSpec classifier{.kind = LayerKind::linear, .width = 10};

/// Blocks of layers, one row of the paper's tables a line.
std::vector<LayerSpec> joined(std::initializer_list<std::initializer_list<LayerSpec>> blocks) {
  std::vector<LayerSpec> layers;
  for (const auto& block : blocks) layers.insert(layers.end(), block);
  return layers;
}

}  // namespace

// The much-copied Keras script behind the paper's Table X; dropout .25 everywhere, as printed.
Architecture good_init() {
  return {
      .model = "good-init",
      .layers = joined({{conv(32), conv(32), conv(32), conv(48), conv(48), pool, dropout(.25)},
                        {conv(80), conv(80), conv(80), conv(80), conv(80), pool, dropout(.25)},
                        {conv(128), conv(128), conv(128), conv(128), conv(128), global_pool, dropout(.25)},
                        {hidden(500), dropout(.25), classifier}})};
}

// The "larger CNN" of a machinelearningmastery tutorial, which the paper cites.
Architecture deep_conv() {
  return {.model = "deep-conv",
          .layers =
              joined({{conv(32), dropout(.2), conv(32), pool},
                      {conv(64), dropout(.2), conv(64), pool},
                      {conv(128), dropout(.2), conv(128), pool},
                      {flat, dropout(.2), hidden(1024), dropout(.2), hidden(512), dropout(.2), classifier}})};
}

// geifmany/cifar-vgg: convolution, activation, then batch norm. Epsilon is Keras' default.
Architecture vgg_like() {
  constexpr Norm last = Norm::after_activation;
  return {
      .model = "vgg-like",
      .layers = joined({{conv(64, last), dropout(.3), conv(64, last), pool},
                        {conv(128, last), dropout(.4), conv(128, last), pool},
                        {conv(256, last), dropout(.4), conv(256, last), dropout(.4), conv(256, last), pool},
                        {conv(512, last), dropout(.4), conv(512, last), dropout(.4), conv(512, last), pool},
                        {conv(512, last), dropout(.4), conv(512, last), dropout(.4), conv(512, last), pool},
                        {dropout(.5), flat, hidden(512, last), dropout(.5), classifier}}),
      .bn_epsilon = 1e-3};
}

std::vector<std::string_view> model_names() { return {"good-init", "deep-conv", "vgg-like"}; }

Architecture architecture_named(std::string_view name) {
  if (name == "good-init") return good_init();
  if (name == "deep-conv") return deep_conv();
  if (name == "vgg-like") return vgg_like();
  fail({.kind = ErrorKind::usage,
        .code = "E0209",
        .message = fmt::format("no model `{}`", name),
        .note = fmt::format("the models are {}; a model.json file is accepted too",
                            fmt::join(model_names(), ", ")),
        .help = suggestion(name, model_names())});
}

}  // namespace weir
