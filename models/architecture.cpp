#include "models/architecture.h"

#include <map>

namespace weir {
namespace {

using Specs = std::vector<LayerSpec>;

bool has_width(const LayerSpec& spec) {
  return spec.kind == LayerKind::conv || spec.kind == LayerKind::linear;
}

/// Calls f for every layer in order of the forward pass, and for a residual after what is inside it. Serves
/// const and mutable specs.
template <class List, class F>
void for_each_spec(List& specs, const F& f) {
  for (auto& spec : specs) {
    for_each_spec(spec.layers, f);
    for_each_spec(spec.shortcut, f);
    f(spec);
  }
}

std::string_view name_stem(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return "conv";
    case LayerKind::linear:
      return "fc";
    case LayerKind::dropout:
      return "dropout";
    case LayerKind::flatten:
      return "flatten";
    case LayerKind::activation:
      return "act";
    case LayerKind::residual:
      return "residual";
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
    case LayerKind::global_max_pool:
    case LayerKind::global_avg_pool:
      return "pool";
  }
  return {};
}

/// Follows the shape of one image through the layers and writes a row for each.
class TableMaker {
 public:
  explicit TableMaker(const Architecture& architecture) : names_(layer_names(architecture)) {}

  Shape add(const Specs& specs, Shape shape) {
    for (const LayerSpec& spec : specs) shape = add(spec, shape);
    return shape;
  }
  std::vector<LayerRow> result() { return std::move(table_); }

 private:
  Shape add(const LayerSpec& spec, const Shape& input) {
    if (spec.kind == LayerKind::residual) return add_residual(spec, input);
    LayerRow row = row_after(spec, input);
    checked_volume(row.output);
    row.name = names_[table_.size()];
    row.spec = spec;
    if (spec.norm != Norm::none) {
      row.parameters += 2 * spec.width;
      row.running_statistics = 2 * spec.width;
    }
    return table_.emplace_back(std::move(row)).output;
  }

  Shape add_residual(const LayerSpec& spec, const Shape& input) {
    const Shape output = add(spec.layers, input), beside = add(spec.shortcut, input);
    const std::string& name = names_[table_.size()];
    expects(output == beside,
            "layer {} (residual) adds {} to {}: give it a shortcut that ends in the same shape", name,
            to_string(output), to_string(beside));
    table_.push_back({.name = name, .spec = spec, .output = output});
    return output;
  }

  LayerRow row_after(const LayerSpec& spec, const Shape& input) const {
    const std::string& name = names_[table_.size()];
    const bool any_shape = spec.kind == LayerKind::dropout || spec.kind == LayerKind::activation;
    if (!any_shape && spec.kind != LayerKind::linear && input.rank() != 3)
      fail({.message = fmt::format("layer {} ({}) needs a feature map, found {} flat values", name,
                                   to_string(spec.kind), input.volume()),
            .help = "put it before what makes values flat: `flatten`, a global pool, a linear layer"});
    if (spec.kind == LayerKind::linear && input.rank() != 1)
      fail({.message =
                fmt::format("layer {} (linear) needs flat values, found a map {}", name, to_string(input)),
            .help = R"(put {"kind": "flatten"} before it)"});
    expects(spec.kind != LayerKind::dropout || (spec.rate >= 0 && spec.rate < 1),
            "layer {} has the rate {}, expected 0 or more and below 1", name, spec.rate);
    expects(!has_width(spec) || spec.width > 0, "layer {} has width {}", name, spec.width);
    switch (spec.kind) {
      case LayerKind::conv:
        return conv_row(spec, input);
      case LayerKind::max_pool:
      case LayerKind::avg_pool: {
        const Shape map = map_after(spec, input);
        return {.name = {}, .spec = {}, .output = {input[0], map[0], map[1]}};
      }
      case LayerKind::linear:
        return linear_row(spec, input);
      case LayerKind::flatten:
        return {.name = {}, .spec = {}, .output = {input.volume()}};
      case LayerKind::global_max_pool:
      case LayerKind::global_avg_pool:
        return {.name = {}, .spec = {}, .output = {input[0]}};
      case LayerKind::dropout:
      case LayerKind::activation:
      case LayerKind::residual:
        break;
    }
    return {.name = {}, .spec = {}, .output = input};
  }

  /// [P, Q] behind a convolution or a pool.
  Shape map_after(const LayerSpec& spec, const Shape& input) const {
    const WindowSpec window = window_of(spec);
    const std::string& name = names_[table_.size()];
    constexpr Index most = 65535;  // sums of extents and products of two stay far from overflow
    expects(window.size >= 1 && window.stride >= 1 && window.padding >= 0,
            "layer {} has window {}, stride {}, padding {}; the least are 1, 1 and 0", name, window.size,
            window.stride, window.padding);
    expects(window.size <= most && window.stride <= most && window.padding <= most,
            "layer {} has window {}, stride {}, padding {}; the most is {}", name, window.size, window.stride,
            window.padding, most);
    const Index height = input[1] + 2 * window.padding - window.size,
                width = input[2] + 2 * window.padding - window.size;
    expects(height >= 0 && width >= 0, "layer {} ({}) has a window of {}x{}, larger than its map {}", name,
            to_string(spec.kind), window.size, window.size, to_string(input));
    return {height / window.stride + 1, width / window.stride + 1};
  }

  LayerRow conv_row(const LayerSpec& spec, const Shape& input) const {
    const Shape map = map_after(spec, input);
    const Index size = window_of(spec).size, taps = checked_volume({size, size, input[0], spec.width});
    return {.name = {},
            .spec = {},
            .output = {spec.width, map[0], map[1]},
            .parameters = taps + spec.width,
            .multiply_adds = checked_volume({taps, map[0], map[1]})};
  }

  static LayerRow linear_row(const LayerSpec& spec, const Shape& input) {
    const Index products = checked_volume({input[0], spec.width});
    return {.name = {},
            .spec = {},
            .output = {spec.width},
            .parameters = products + spec.width,
            .multiply_adds = products};
  }

  std::vector<std::string> names_;
  std::vector<LayerRow> table_;
};

}  // namespace

std::string_view to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return "conv";
    case LayerKind::max_pool:
      return "max_pool";
    case LayerKind::avg_pool:
      return "avg_pool";
    case LayerKind::global_max_pool:
      return "global_max_pool";
    case LayerKind::global_avg_pool:
      return "global_avg_pool";
    case LayerKind::activation:
      return "activation";
    case LayerKind::dropout:
      return "dropout";
    case LayerKind::flatten:
      return "flatten";
    case LayerKind::linear:
      return "linear";
    case LayerKind::residual:
      return "residual";
  }
  return {};
}

std::string_view to_string(Norm norm) {
  switch (norm) {
    case Norm::none:
      return "none";
    case Norm::before_activation:
      return "before_activation";
    case Norm::after_activation:
      return "after_activation";
  }
  return {};
}

WindowSpec window_of(const LayerSpec& spec) {
  if (spec.kind == LayerKind::conv) {
    const Index size = spec.window.value_or(3);
    return {size, spec.stride.value_or(1), spec.padding.value_or(size / 2)};
  }
  const Index size = spec.window.value_or(2);
  return {size, spec.stride.value_or(size), 0};
}

std::vector<std::string> layer_names(const Architecture& architecture) {
  std::vector<std::string> names;
  std::map<std::string_view, int> count;
  for_each_spec(architecture.layers, [&](const LayerSpec& spec) {
    const std::string_view stem = name_stem(spec.kind);
    names.push_back(fmt::format("{}{}", stem, ++count[stem]));
  });
  return names;
}

std::vector<Index> widths(const Architecture& architecture) {
  std::vector<Index> result;
  for_each_spec(architecture.layers, [&](const LayerSpec& spec) {
    if (has_width(spec)) result.push_back(spec.width);
  });
  if (!result.empty()) result.pop_back();
  return result;
}

Architecture with_widths(Architecture architecture, std::span<const Index> new_widths) {
  const std::size_t wanted = widths(architecture).size();
  expects(new_widths.size() == wanted, "{} widths for {}, which has {}", new_widths.size(),
          architecture.model, wanted);
  std::size_t next = 0;
  for_each_spec(architecture.layers, [&](LayerSpec& spec) {
    if (has_width(spec) && next < wanted) spec.width = new_widths[next++];
  });
  return architecture;
}

Architecture with_dropout(Architecture architecture, std::span<const double> rates) {
  std::vector<LayerSpec*> dropouts;
  for_each_spec(architecture.layers, [&](LayerSpec& spec) {
    if (spec.kind == LayerKind::dropout) dropouts.push_back(&spec);
  });
  expects(dropouts.size() == rates.size(), "{} dropout rates for {}, which has {}", rates.size(),
          architecture.model, dropouts.size());
  for (std::size_t i = 0; i < rates.size(); ++i) dropouts[i]->rate = rates[i];
  return architecture;
}

Architecture without_dropout(Architecture architecture) {
  for_each_spec(architecture.layers, [](LayerSpec& spec) { spec.rate = 0; });
  return architecture;
}

Architecture with_norm(Architecture architecture, Norm norm) {
  for_each_spec(architecture.layers, [norm](LayerSpec& spec) {
    if (spec.kind == LayerKind::conv) spec.norm = norm;
  });
  return architecture;
}

bool has_norm(const Architecture& architecture) {
  bool found = false;
  for_each_spec(architecture.layers,
                [&](const LayerSpec& spec) { found = found || spec.norm != Norm::none; });
  return found;
}

std::vector<LayerRow> layer_table(const Architecture& architecture) {
  expects(architecture.bn_epsilon > 0, "bn_epsilon is {}, expected more than 0", architecture.bn_epsilon);
  TableMaker table(architecture);
  table.add(architecture.layers, study_image);
  return table.result();
}

LayerTotals totals(std::span<const LayerRow> table) {
  LayerTotals sum;
  for (const LayerRow& row : table) {
    sum.parameters += row.parameters;
    sum.running_statistics += row.running_statistics;
    sum.multiply_adds += row.multiply_adds;
  }
  return sum;
}

}  // namespace weir
