#include "models/architecture.h"

#include <algorithm>
#include <map>

namespace weir {
namespace {

bool has_width(const LayerSpec& spec) {
  return spec.kind == LayerKind::conv || spec.kind == LayerKind::linear;
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
    case LayerKind::max_pool:
    case LayerKind::global_max_pool:
      return "pool";
  }
  return {};
}

LayerRow conv_row(const LayerSpec& spec, const Shape& input) {
  const Index channels = input[0], pixels = input[1] * input[2], taps = 9 * channels * spec.width;
  return {.name = {},
          .spec = spec,
          .output = {spec.width, input[1], input[2]},
          .parameters = taps + spec.width,
          .multiply_adds = taps * pixels};
}

LayerRow linear_row(const LayerSpec& spec, const Shape& input) {
  const Index products = input[0] * spec.width;
  return {.name = {},
          .spec = spec,
          .output = {spec.width},
          .parameters = products + spec.width,
          .multiply_adds = products};
}

LayerRow row_after(const LayerSpec& spec, const std::string& name, const Shape& input) {
  const bool wants_map = spec.kind != LayerKind::linear && spec.kind != LayerKind::dropout;
  expects(!wants_map || input.rank() == 3, "layer {} ({}) needs a feature map, found {} values", name,
          to_string(spec.kind), input.volume());
  expects(spec.kind != LayerKind::linear || input.rank() == 1,
          "layer {} (linear) needs flat values, found a map {}", name, to_string(input));
  expects(!has_width(spec) || spec.width > 0, "layer {} has width {}", name, spec.width);
  switch (spec.kind) {
    case LayerKind::conv:
      return conv_row(spec, input);
    case LayerKind::linear:
      return linear_row(spec, input);
    case LayerKind::dropout:
      return {.name = {}, .spec = spec, .output = input};
    case LayerKind::flatten:
      return {.name = {}, .spec = spec, .output = {input.volume()}};
    case LayerKind::global_max_pool:
      return {.name = {}, .spec = spec, .output = {input[0]}};
    case LayerKind::max_pool:
      break;
  }
  expects(input[1] >= 2 && input[2] >= 2, "layer {} (max_pool) cannot halve a map {}", name,
          to_string(input));
  return {.name = {}, .spec = spec, .output = {input[0], input[1] / 2, input[2] / 2}};
}

}  // namespace

std::string_view to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return "conv";
    case LayerKind::max_pool:
      return "max_pool";
    case LayerKind::global_max_pool:
      return "global_max_pool";
    case LayerKind::dropout:
      return "dropout";
    case LayerKind::flatten:
      return "flatten";
    case LayerKind::linear:
      return "linear";
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

std::vector<std::string> layer_names(const Architecture& architecture) {
  std::vector<std::string> names;
  std::map<std::string_view, int> count;
  for (const LayerSpec& spec : architecture.layers) {
    const std::string_view stem = name_stem(spec.kind);
    names.push_back(fmt::format("{}{}", stem, ++count[stem]));
  }
  return names;
}

std::vector<Index> widths(const Architecture& architecture) {
  std::vector<Index> result;
  for (const LayerSpec& spec : architecture.layers)
    if (has_width(spec)) result.push_back(spec.width);
  if (!result.empty()) result.pop_back();
  return result;
}

Architecture with_widths(Architecture architecture, std::span<const Index> new_widths) {
  const std::size_t wanted = widths(architecture).size();
  expects(new_widths.size() == wanted, "{} widths for {}, which has {}", new_widths.size(),
          architecture.model, wanted);
  std::size_t next = 0;
  for (LayerSpec& spec : architecture.layers)
    if (has_width(spec) && next < wanted) spec.width = new_widths[next++];
  return architecture;
}

Architecture with_dropout(Architecture architecture, std::span<const double> rates) {
  const auto is_dropout = [](const LayerSpec& spec) { return spec.kind == LayerKind::dropout; };
  const auto wanted = std::count_if(architecture.layers.begin(), architecture.layers.end(), is_dropout);
  expects(static_cast<std::ptrdiff_t>(rates.size()) == wanted, "{} dropout rates for {}, which has {}",
          rates.size(), architecture.model, wanted);
  std::size_t next = 0;
  for (LayerSpec& spec : architecture.layers)
    if (is_dropout(spec)) spec.rate = rates[next++];
  return architecture;
}

Architecture without_dropout(Architecture architecture) {
  for (LayerSpec& spec : architecture.layers) spec.rate = 0;
  return architecture;
}

Architecture with_norm(Architecture architecture, Norm norm) {
  for (LayerSpec& spec : architecture.layers)
    if (spec.kind == LayerKind::conv) spec.norm = norm;
  return architecture;
}

bool has_norm(const Architecture& architecture) {
  return std::any_of(architecture.layers.begin(), architecture.layers.end(),
                     [](const LayerSpec& spec) { return spec.norm != Norm::none; });
}

std::vector<LayerRow> layer_table(const Architecture& architecture) {
  const std::vector<std::string> names = layer_names(architecture);
  std::vector<LayerRow> table;
  Shape shape = study_image;
  for (std::size_t i = 0; i < names.size(); ++i) {
    LayerRow row = row_after(architecture.layers[i], names[i], shape);
    row.name = names[i];
    if (row.spec.norm != Norm::none) {
      row.parameters += 2 * row.spec.width;
      row.running_statistics = 2 * row.spec.width;
    }
    shape = row.output;
    table.push_back(std::move(row));
  }
  return table;
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
