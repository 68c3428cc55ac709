#include "models/prune.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "models/weights.h"

namespace weir {
namespace {

using Values = std::vector<double>;

bool has_units(const LayerSpec& spec) {
  return spec.kind == LayerKind::conv || spec.kind == LayerKind::linear;
}

std::vector<Index> first_numbers(Index count) {
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index{0});
  return numbers;
}

/// What stays of one layer's tensors.
struct KeptParts {
  std::vector<Index> rows, columns;  // of the weight; rows of all else
  std::vector<Index> gone;           // columns that go
  const Values* means = nullptr;     // of all columns
};

/// Of every layer, and under its norm's name too.
using PartsByLayer = std::map<std::string, KeptParts>;

std::vector<Index> columns_of(const std::vector<Index>& units, Index columns_each) {
  std::vector<Index> columns;
  for (const Index unit : units)
    for (Index i = 0; i < columns_each; ++i) columns.push_back(unit * columns_each + i);
  return columns;
}

std::vector<Index> others(const std::vector<Index>& kept, Index count) {
  std::vector<Index> rest;
  const std::vector<Index> all = first_numbers(count);
  std::ranges::set_difference(all, kept, std::back_inserter(rest));
  return rest;
}

PartsByLayer parts_of(const std::vector<PrunableLayer>& layers, const KeptUnits& kept,
                      const InputMeans& means, Index classes) {
  PartsByLayer parts;
  parts[layers.front().name].columns = first_numbers(study_image[0]);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const PrunableLayer& layer = layers[i];
    parts[layer.name].rows = kept[i];
    if (!layer.norm.empty()) parts[layer.norm].rows = kept[i];
    KeptParts& reader = parts[layer.reader];
    reader.columns = columns_of(kept[i], layer.columns_per_unit);
    reader.gone = columns_of(others(kept[i], layer.width), layer.columns_per_unit);
    if (!means.empty()) reader.means = &means[i];
  }
  parts[layers.back().reader].rows = first_numbers(classes);
  return parts;
}

/// Rows and columns of old [R, C, taps] in their order.
Values picked(const Values& old, const KeptParts& parts, Index old_columns, Index taps) {
  Values result;
  for (const Index row : parts.rows)
    for (const Index column : parts.columns) {
      const auto first = old.begin() + (row * old_columns + column) * taps;
      result.insert(result.end(), first, first + taps);
    }
  return result;
}

/// Rows of old [R].
Values picked(const Values& old, const std::vector<Index>& rows) {
  Values result;
  for (const Index row : rows) result.push_back(old[static_cast<std::size_t>(row)]);
  return result;
}

/// What the columns that go gave in the mean to each row that stays; weight [R, C, taps].
Values mean_contribution(const Values& weight, const KeptParts& parts, Index old_columns, Index taps) {
  Values result(parts.rows.size(), 0.0);
  for (std::size_t r = 0; r < parts.rows.size(); ++r)
    for (const Index column : parts.gone) {
      const auto first = weight.begin() + (parts.rows[r] * old_columns + column) * taps;
      result[r] +=
          std::accumulate(first, first + taps, 0.0) * (*parts.means)[static_cast<std::size_t>(column)];
    }
  return result;
}

/// Fills the smaller network from the larger one's values.
class Surgeon {
 public:
  Surgeon(const Sequential& network, PartsByLayer parts) : parts_(std::move(parts)) {
    const auto note = [&](const Parameter& value) {
      old_[value.name] = {value.value.shape(), value.value.to_host_double()};
    };
    network.for_each_parameter(Module::ConstVisitor(note));
    network.for_each_buffer(Module::ConstVisitor(note));
  }

  void fill(Parameter& value) const {
    const Tensor& empty = value.value;
    value.value =
        Tensor::from_host(std::span<const double>(values_for(value.name)), empty.shape(), empty.device())
            .as(empty.dtype());
  }

 private:
  struct Old {
    Shape shape;
    Values values;
  };

  Values values_for(const std::string& name) const {
    const std::string layer = name.substr(0, name.find('.'));
    const KeptParts& parts = parts_.at(layer);
    const Old& old = old_.at(name);
    if (old.shape.rank() > 1)
      return picked(old.values, parts, old.shape[1], old.shape.row_volume() / old.shape[1]);
    Values values = picked(old.values, parts.rows);
    if (!name.ends_with(".bias") || parts.means == nullptr) return values;
    const Old& weight = old_.at(layer + ".weight");
    const Values lost =
        mean_contribution(weight.values, parts, weight.shape[1], weight.shape.row_volume() / weight.shape[1]);
    for (std::size_t r = 0; r < values.size(); ++r) values[r] += lost[r];
    return values;
  }

  PartsByLayer parts_;
  std::map<std::string, Old> old_;
};

void expect_units(const std::vector<PrunableLayer>& layers, const KeptUnits& kept, const InputMeans& means) {
  expects(kept.size() == layers.size() && (means.empty() || means.size() == layers.size()),
          "kept units for {} layers and means for {}, of {}", kept.size(), means.size(), layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    expects(!kept[i].empty() && kept[i].back() < layers[i].width && std::ranges::is_sorted(kept[i]),
            "{}: {} units to keep, in ascending order, of {}", layers[i].name, kept[i].size(),
            layers[i].width);
    expects(
        means.empty() || static_cast<Index>(means[i].size()) == layers[i].width * layers[i].columns_per_unit,
        "{} reads {} columns of {}, but {} means are given", layers[i].reader,
        layers[i].width * layers[i].columns_per_unit, layers[i].name, means.empty() ? 0 : means[i].size());
  }
}

}  // namespace

std::vector<PrunableLayer> prunable_layers(const Architecture& architecture) {
  std::vector<PrunableLayer> layers;
  int norms = 0;  // as models/build.cpp counts them
  Index columns_per_unit = 1;
  Shape map = study_image;
  for (const LayerRow& row : layer_table(architecture)) {
    if (row.spec.kind == LayerKind::residual)
      fail({.code = "E0231",
            .message = fmt::format("{} adds channels up, which pruning cannot follow", row.name),
            .help = "prune a network without residual blocks"});
    if (row.spec.kind == LayerKind::flatten) columns_per_unit = map.volume() / map[0];
    map = row.output;
    if (!has_units(row.spec)) continue;
    if (!layers.empty()) {
      layers.back().reader = row.name;
      layers.back().columns_per_unit = columns_per_unit;
    }
    columns_per_unit = 1;
    const bool normed = row.spec.norm != Norm::none;
    if (normed || row.spec.kind == LayerKind::conv) ++norms;
    layers.push_back({.name = row.name,
                      .norm = normed ? fmt::format("bn{}", norms) : std::string(),
                      .reader = {},
                      .width = row.spec.width});
  }
  if (!layers.empty()) layers.pop_back();
  return layers;
}

KeptUnits all_units(const Architecture& architecture) {
  KeptUnits units;
  for (const PrunableLayer& layer : prunable_layers(architecture))
    units.push_back(first_numbers(layer.width));
  return units;
}

PrunedNetwork keep_units(const Architecture& architecture, const Sequential& network, const KeptUnits& kept,
                         const InputMeans& means) {
  const std::vector<PrunableLayer> layers = prunable_layers(architecture);
  if (layers.empty())
    fail({.code = "E0231",
          .message = fmt::format("{} has no layer whose units could go", architecture.model)});
  expect_units(layers, kept, means);
  std::vector<Index> widths;
  for (const std::vector<Index>& units : kept) widths.push_back(static_cast<Index>(units.size()));
  PrunedNetwork pruned{.architecture = with_widths(architecture, widths), .network = nullptr};
  pruned.network = build(pruned.architecture, device_of(network));

  const Index classes = layer_table(architecture).back().output.volume();
  const Surgeon surgeon(network, parts_of(layers, kept, means, classes));
  const auto fill = [&](Parameter& value) { surgeon.fill(value); };
  pruned.network->for_each_parameter(Module::Visitor(fill));
  pruned.network->for_each_buffer(Module::Visitor(fill));
  return pruned;
}

}  // namespace weir
