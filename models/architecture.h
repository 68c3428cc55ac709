/// A network as data: a list of layers with sizes. What the registry holds, what `model.json` and the
/// metadata of a weights file say, what pruning shrinks; build() makes the network.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layers/conv_unit.h"
#include "layers/layers.h"

namespace weir {

/// global_max_pool, global_avg_pool and flatten: [N, C, H, W] -> [N, K]. residual: y = layers(x) +
/// shortcut(x), x itself where there is no shortcut.
enum class LayerKind {
  conv,
  max_pool,
  avg_pool,
  global_max_pool,
  global_avg_pool,
  activation,
  dropout,
  flatten,
  linear,
  residual
};

std::string_view to_string(LayerKind kind);
std::string_view to_string(Norm norm);

struct LayerSpec {
  LayerKind kind = LayerKind::conv;
  Index width = 0;                           // conv, linear: channels or neurons that come out
  Norm norm = Norm::none;                    // conv, linear
  Activation activation = Activation::none;  // conv, linear, activation
  double rate = 0;                           // dropout
  std::optional<Index> window = {};          // conv: 3; pools: 2
  std::optional<Index> stride = {};          // conv: 1; pools: their window
  std::optional<Index> padding = {};         // conv: window / 2, with zeros
  std::vector<LayerSpec> layers = {};        // residual
  std::vector<LayerSpec> shortcut = {};      // residual

  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// A convolution's or a pool's window, with what the spec left out filled in.
struct WindowSpec {
  Index size = 0, stride = 0, padding = 0;
};
WindowSpec window_of(const LayerSpec& spec);

struct Architecture {
  std::string model;  // "good-init", or the name that a model.json gives
  std::vector<LayerSpec> layers;
  double bn_epsilon = 1e-5;

  friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// One image of the study, [C, H, W].
constexpr Shape study_image{3, 32, 32};

/// The names of all layers, which are the tensors' names in files: conv1..convK, fc1, fc2, ..., pool1,
/// dropout1, ..., each kind counted in order of the forward pass. Those inside a residual stand before it:
/// its layers, its shortcut, itself.
std::vector<std::string> layer_names(const Architecture& architecture);

/// Widths of all layers that have one, in order, the classifier's left out: what pruning changes.
std::vector<Index> widths(const Architecture& architecture);

/// The same layers with other widths. Throws (usage) unless there is one for each.
Architecture with_widths(Architecture architecture, std::span<const Index> widths);
/// The same layers with other dropout rates, in order. Throws (usage) unless there is one for each.
Architecture with_dropout(Architecture architecture, std::span<const double> rates);
/// Every dropout rate 0: what statistics are estimated on.
Architecture without_dropout(Architecture architecture);
/// Every convolution with batch norm at this place, or without any.
Architecture with_norm(Architecture architecture, Norm norm);
bool has_norm(const Architecture& architecture);

/// What `weir models` prints of a layer, for one image of 32x32.
struct LayerRow {
  std::string name;
  LayerSpec spec;
  Shape output;                  // [C, H, W] or [K]
  Index parameters = 0;          // trained: weights, biases, scales and shifts
  Index running_statistics = 0;  // of batch norm
  Index multiply_adds = 0;       // of convolutions and linear layers
};

/// In the order of layer_names(). Throws (usage) where a layer cannot follow the one before it.
std::vector<LayerRow> layer_table(const Architecture& architecture);

struct LayerTotals {
  Index parameters = 0;
  Index running_statistics = 0;
  Index multiply_adds = 0;
};
LayerTotals totals(std::span<const LayerRow> table);

/// The network, with all weights zero: initialise it or load weights into it.
std::unique_ptr<Sequential> build(const Architecture& architecture, Device& device, DType dtype = DType::f32);

}  // namespace weir
