// Tables IV, VII and X, and what the mutual information rests on.
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::string in_words(const LayerRow& layer) {
  const LayerSpec& spec = layer.spec;
  switch (spec.kind) {
    case LayerKind::conv:
      return fmt::format("Conv2D: 3×3, {}{}", spec.activation == Activation::relu ? "'relu', " : "",
                         spec.width);
    case LayerKind::max_pool:
      return "MaxPooling2D: 2×2";
    case LayerKind::global_max_pool:
      return "GlobalMaxPooling2D";
    case LayerKind::dropout:
      return fmt::format("Dropout: {}", spec.rate);
    case LayerKind::flatten:
      return "Flatten";
    case LayerKind::avg_pool:
    case LayerKind::global_avg_pool:
    case LayerKind::activation:
    case LayerKind::residual:  // the paper has none of these
      return std::string(to_string(spec.kind));
    case LayerKind::linear:
      break;
  }
  return fmt::format("FullyConnected: {}, '{}'", spec.width,
                     spec.activation == Activation::relu ? "relu" : "softmax");
}

std::string extents(const Shape& shape) {
  return shape.rank() == 3 ? fmt::format("{}×{}×{}", shape[0], shape[1], shape[2])
                           : fmt::format("{}", shape[0]);
}

/// Trained values and running statistics, as the paper counts.
Comparison parameters_cell(const StudiedNetwork& network, const Printed* printed) {
  if (!network.there()) return {.paper = printed};
  const LayerTotals sums = totals(network.layers);
  return {.paper = printed,
          .ours = Measured{.value = static_cast<double>(sums.parameters + sums.running_statistics)}};
}

Comparison accuracy_cell(const Analysis& analysis, const StudiedNetwork& network, const Printed* printed) {
  return network.there() ? rate_cell(accuracy_of(analysis, network).rate, printed)
                         : Comparison{.paper = printed};
}

TableCell multiply_adds_cell(const StudiedNetwork& network) {
  if (!network.there()) return "–";
  return totals(network.layers).multiply_adds;
}

std::string source_of_accuracy(const Analysis& analysis, const StudiedNetwork& network) {
  if (!network.there()) return "–";
  return accuracy_of(analysis, network).from_card
             ? "from its card"
             : fmt::format("measured on {}", network.accuracy.evaluation.count);
}

/// Mean over a population of one number a layer.
double over_inputs(const Population& population, std::size_t layer, double LayerReport::*member) {
  double sum = 0;
  for (const Path& path : population.paths) sum += path.layers[layer].*member;
  return sum / static_cast<double>(population.count());
}

/// What the paper's Table VII calls a network, or what we call one that it does not have.
std::string row_name(const StudiedNetwork& network) {
  if (network.role->network.empty()) return network.title();
  return network.there() ? network.stored.architecture.model : std::string(network.role->weights);
}

std::vector<TableCell> model_row(const Analysis& analysis, const StudiedNetwork& network) {
  const auto printed = [&](std::string_view column) {
    return printed_for(analysis, network, "table7", network.role->network, column);
  };
  const Evaluation& at_hand = network.accuracy.evaluation;
  return {row_name(network),
          accuracy_cell(analysis, network, printed("accuracy")),
          parameters_cell(network, printed("parameters")),
          multiply_adds_cell(network),
          four_digits(at_hand.mean_confidence, network.there()),
          four_digits(at_hand.calibration_error, network.there()),
          source_of_accuracy(analysis, network)};
}

/// A row for each conv layer, a column for each population of the original network.
void add_means_of_layers(Table& table, const Analysis& analysis, double LayerReport::*member, int decimals) {
  const StudiedNetwork& original = analysis.experiment.original();
  std::vector<const Population*> populations{&original.normal, &original.clean};
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable()) populations.push_back(&one.adversarial.population);
  table.columns.push_back({"k", "Conv layer"});
  for (const Population* population : populations)
    table.columns.push_back({population->name, population->name});
  for (std::size_t layer = 0; layer < original.normal.aggregate.iip.mean.size(); ++layer) {
    std::vector<TableCell> row{static_cast<Index>(layer + 1)};
    for (const Population* population : populations)
      row.emplace_back(fmt::format("{:.{}f}", over_inputs(*population, layer, member), decimals));
    table.add(std::move(row));
  }
}

}  // namespace

Table table_of_compression(const Analysis& analysis) {
  Table table{.id = "table4",
              .label = "Table IV",
              .title = "The original network and the compressed one",
              .note = "Widths: channels and neurons that are left, layer by layer.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"model", "Model"},
                          {"parameters", "Parameters", 0},
                          {"accuracy", "Accuracy"},
                          {"multiply_adds", "Multiply-adds an image"},
                          {"source", "Accuracy is"},
                          {"widths", "Widths"}}};
  for (const char* key : {"original", "compressed"}) {
    const StudiedNetwork& network = analysis.experiment.network(key);
    const auto printed = [&](std::string_view column) {
      return printed_for(analysis, network, "table4", key, column);
    };
    Comparison parameters = parameters_cell(network, printed("parameters"));
    table.add({network.title(), parameters, accuracy_cell(analysis, network, printed("accuracy")),
               multiply_adds_cell(network), source_of_accuracy(analysis, network),
               fmt::format("{}", fmt::join(widths(network.stored.architecture), " "))},
              network.missing);
  }
  return table;
}

Table table_of_models(const Analysis& analysis) {
  Table table{.id = "table7",
              .label = "Table VII",
              .title = "The networks",
              .note =
                  "Accuracy with a 95 % Wilson interval, on the test images at hand or, where these are "
                  "not all, as the card of the weights states it for all 10,000. Confidence and "
                  "calibration on the test images at hand. Parameters count running statistics.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"model", "Model"},
                          {"accuracy", "Accuracy"},
                          {"parameters", "Parameters", 0},
                          {"multiply_adds", "Multiply-adds an image"},
                          {"mean_confidence", "Mean confidence"},
                          {"calibration_error", "Calibration error"},
                          {"source", "Accuracy is"}}};
  for (const char* key : {"original", "deep-conv", "vgg-like", "other-seed", "distilled"}) {
    const StudiedNetwork& network = analysis.experiment.network(key);
    table.add(model_row(analysis, network), network.missing);
  }
  return table;
}

Table table_of_architecture(const Analysis& analysis) {
  const StudiedNetwork& original = analysis.experiment.original();
  Table table{.id = "table10",
              .label = "Table X",
              .title = fmt::format("The architecture of {}, read from the model itself",
                                   original.fits_role() ? "the original network" : original.title()),
              .density = Density::compact,
              .columns = {{"number", "No."},
                          {"layer", "Layer"},
                          {"paper_layer", "In the paper"},
                          {"output", "Output"},
                          {"parameters", "Parameters", 0}}};
  Index number = 0;
  const auto add = [&](const std::string& words, const Shape& output, Index parameters) {
    const std::string row = fmt::format("{}", number);
    table.add({number++, words,
               original.fits_role() ? analysis.paper.word("table10", row, "layer") : std::string(),
               extents(output),
               Comparison{.paper = printed_for(analysis, original, "table10", row, "parameters"),
                          .ours = Measured{.value = static_cast<double>(parameters)}}});
  };
  add("Input", study_image, 0);
  for (const LayerRow& layer : original.layers) add(in_words(layer), layer.output, layer.parameters);
  return table;
}

Table table_of_constant_maps(const Analysis& analysis) {
  Table table{.id = "constant_maps",
              .label = "Audit",
              .title = "Share of constant maps, by conv layer and population",
              .note = "A constant map shares no information with anything.",
              .density = Density::compact};
  add_means_of_layers(table, analysis, &LayerReport::constant_fraction, 3);
  return table;
}

Table table_of_buckets(const Analysis& analysis) {
  Table table{.id = "buckets",
              .label = "Audit",
              .title = "Buckets in use, of nine, by conv layer and population",
              .note =
                  "Binned mutual information moves when these do. A difference between paths means "
                  "something only where the populations occupy their buckets alike.",
              .density = Density::compact};
  add_means_of_layers(table, analysis, &LayerReport::occupied_buckets, 2);
  return table;
}

}  // namespace weir
