#include "study/tables.h"

#include <algorithm>

#include "tensor/check.h"

namespace weir {
namespace {

/// Resampling streams of the means in Table II; runs of the path comparisons start at 100.
constexpr std::uint32_t stream_of_means = 1000;

struct PaperCell {
  std::string_view table, row, column;
};

/// The paper's number; none for a network that the paper did not measure.
const Printed* printed_for(const Experiment& experiment, const Paper& paper, const PaperCell& cell) {
  return experiment.of_the_papers_network() ? paper.find(cell.table, cell.row, cell.column) : nullptr;
}

/// The mean of one number over the successes, with its bootstrap interval.
Comparison mean_of_successes(const Experiment& experiment, const AttackRun& run, const Printed* printed,
                             double (*column)(const AttackRecord&)) {
  std::vector<double> values;
  for (const Index row : run.successes)
    values.push_back(column(run.outcome.records[static_cast<std::size_t>(row)]));
  if (values.empty()) return {.paper = printed};
  const auto resampled_mean = [&](std::span<const Index> rows, std::span<const Index>) {
    double sum = 0;
    for (const Index row : rows) sum += values[static_cast<std::size_t>(row)];
    return sum / static_cast<double>(rows.size());
  };
  const auto n = static_cast<Index>(values.size());
  const auto replicates = bootstrap_values(
      {.first = n}, resampled_mean,
      {.seed = experiment.seed, .stream = stream_of_means, .replicates = experiment.preset.replicates});
  return {.paper = printed,
          .ours = Measured{.value = mean(values), .interval = percentile_interval(replicates), .n = n}};
}

double distortion_in_norm(const AttackRecord& record, std::string_view norm) {
  if (norm == "l0") return record.distortion.relative_l0;
  return norm == "l2" ? record.distortion.relative_l2 : record.distortion.relative_linf;
}

Comparison distortion_of(const Experiment& experiment, const AttackRun& run, const Printed* printed,
                         std::string_view norm) {
  if (norm == "l0")
    return mean_of_successes(experiment, run, printed,
                             [](const AttackRecord& r) { return distortion_in_norm(r, "l0"); });
  if (norm == "l2")
    return mean_of_successes(experiment, run, printed,
                             [](const AttackRecord& r) { return distortion_in_norm(r, "l2"); });
  return mean_of_successes(experiment, run, printed,
                           [](const AttackRecord& r) { return distortion_in_norm(r, "linf"); });
}

Comparison rate(const Rate& ours, const Printed* printed) {
  return {.paper = printed,
          .ours = Measured{.value = ours.value, .interval = Interval{ours.low, ours.high}, .n = ours.trials}};
}

Comparison distance_cell(const AttackRun& run, Side side, const Printed* printed) {
  if (!run.comparable()) return {.paper = printed};
  const PathDistance& d = run.distance(side);
  return {.paper = printed,
          .ours = Measured{.value = d.value, .interval = d.interval, .n = run.adversarial.count()}};
}

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

/// Mean over a population of one number a layer.
double over_inputs(const Population& population, std::size_t layer, double LayerReport::*member) {
  double sum = 0;
  for (const Path& path : population.paths) sum += path.layers[layer].*member;
  return sum / static_cast<double>(population.count());
}

}  // namespace

Table table_of_attacks(const Experiment& experiment, const Paper& paper) {
  Table table{.id = "table2",
              .label = "Table II",
              .title = fmt::format("Adversarial inputs by different attacks on CIFAR-10, targeting {}",
                                   experiment.of_the_papers_network() ? "the original network"
                                                                      : experiment.model.architecture.model),
              .note =
                  "Bar and dot: ours with its 95 % interval; diamond: the paper. Success rate: fooled, out "
                  "of the inputs that "
                  "the network classified correctly. Distortion, ‖r‖p/‖x‖p, and confidence: means over the "
                  "successes.",
              .settings = experiment.preset.settings,
              .columns = {{"model", "Model"},
                          {"attack", "Attack"},
                          {"norm", "Norm"},
                          {"distortion", "Distortion"},
                          {"distortion_l2", "Distortion (l2)"},
                          {"confidence", "Confidence"},
                          {"success_rate", "Success rate"},
                          {"n_correct", "Correct"},
                          {"n_success", "Fooled"}}};
  for (const AttackRun& run : experiment.runs) {
    const std::string key = "original/" + run.name, norm = paper.word("table2", key, "norm");
    const auto printed = [&](std::string_view column) {
      return printed_for(experiment, paper, {"table2", key, column});
    };
    table.rows.push_back(
        {experiment.of_the_papers_network() ? std::string("Original") : experiment.model.architecture.model,
         run.title, norm, distortion_of(experiment, run, printed("distortion"), norm),
         distortion_of(experiment, run, printed("distortion_l2"), "l2"),
         mean_of_successes(experiment, run, printed("confidence"),
                           [](const AttackRecord& r) { return r.adversarial_confidence; }),
         rate(run.summary.success, printed("success_rate")), run.summary.success.trials,
         run.summary.success.hits});
  }
  return table;
}

std::vector<AdjustedP> adjusted_p_values(const Experiment& experiment) {
  std::vector<double> against_normal, against_own;
  for (const AttackRun& run : experiment.runs) {
    if (!run.comparable()) continue;
    against_normal.insert(against_normal.end(), {run.input.p_value, run.output.p_value});
    against_own.insert(against_own.end(), {run.input.paired_p_value, run.output.paired_p_value});
  }
  against_normal = holm_adjusted(against_normal);
  against_own = holm_adjusted(against_own);
  std::vector<AdjustedP> result;
  std::size_t place = 0;
  for (const AttackRun& run : experiment.runs) {
    result.push_back({});
    if (!run.comparable()) continue;
    result.back() = {.input = against_normal[place],
                     .output = against_normal[place + 1],
                     .own_input = against_own[place],
                     .own_output = against_own[place + 1]};
    place += 2;
  }
  return result;
}

Table table_of_distances(const Experiment& experiment, const Paper& paper) {
  Table table{
      .id = "table3",
      .label = "Table III",
      .title = "Distance of aggregated information paths between normal and adversarial inputs, in nats",
      .note = fmt::format("Noise: the distance between two random halves of the normal inputs stays below "
                          "{:.4f} (IIP) and {:.4f} (OIP) in 95 % of "
                          "splits; its median is {:.4f} and {:.4f}. p: permutation of the labels. Own clean: "
                          "the paired distance between adversarial "
                          "inputs and the same images before the attack, which holds the images fixed; its p "
                          "from flips of each image's sign. All p "
                          "after Holm's correction over the attacks and both paths.",
                          experiment.input_noise.margin, experiment.output_noise.margin,
                          experiment.input_noise.median, experiment.output_noise.median),
      .settings = experiment.preset.settings,
      .columns = {{"attack", "Attack"},
                  {"n", "Inputs"},
                  {"iip", "IIP distance"},
                  {"oip", "OIP distance"},
                  {"iip_p", "p (IIP)"},
                  {"oip_p", "p (OIP)"},
                  {"iip_own_clean", "IIP, own clean"},
                  {"oip_own_clean", "OIP, own clean"},
                  {"iip_own_clean_p", "p (IIP, own)"},
                  {"oip_own_clean_p", "p (OIP, own)"},
                  {"iip_noise", "IIP noise"},
                  {"oip_noise", "OIP noise"}}};
  const std::vector<AdjustedP> adjusted = adjusted_p_values(experiment);
  for (std::size_t place = 0; place < experiment.runs.size(); ++place) {
    const AttackRun& run = experiment.runs[place];
    const auto printed = [&](std::string_view column) {
      return printed_for(experiment, paper, {"table3", run.name, column});
    };
    const auto words = [&](double value) {
      return run.comparable() ? fmt::format("{:.4f}", value) : std::string("–");
    };
    table.rows.push_back({run.title, run.adversarial.count(), distance_cell(run, Side::input, printed("iip")),
                          distance_cell(run, Side::output, printed("oip")), words(adjusted[place].input),
                          words(adjusted[place].output), words(run.input.paired), words(run.output.paired),
                          words(adjusted[place].own_input), words(adjusted[place].own_output),
                          words(experiment.input_noise.margin), words(experiment.output_noise.margin)});
  }
  return table;
}

Table table_of_models(const Experiment& experiment, const Paper& paper) {
  const Rate accuracy = rate_of(experiment.accuracy.correct, experiment.accuracy.count);
  const LayerTotals sums = totals(experiment.layers);
  const auto printed = [&](std::string_view column) {
    return printed_for(experiment, paper, {"table7", "good-init", column});
  };
  return {.id = "table7",
          .label = "Table VII",
          .title = "The networks",
          .note = fmt::format("Accuracy on the {} test images at hand, with a 95 % Wilson interval.",
                              experiment.accuracy.count),
          .settings = experiment.preset.settings,
          .columns = {{"model", "Model"},
                      {"accuracy", "Accuracy"},
                      {"parameters", "Parameters", 0},
                      {"multiply_adds", "Multiply-adds an image"},
                      {"mean_confidence", "Mean confidence"},
                      {"calibration_error", "Calibration error"}},
          .rows = {{experiment.model.architecture.model, rate(accuracy, printed("accuracy")),
                    Comparison{.paper = printed("parameters"),
                               .ours = Measured{.value = static_cast<double>(sums.parameters)}},
                    sums.multiply_adds, fmt::format("{:.4f}", experiment.accuracy.mean_confidence),
                    fmt::format("{:.4f}", experiment.accuracy.calibration_error)}}};
}

Table table_of_architecture(const Experiment& experiment, const Paper& paper) {
  Table table{.id = "table10",
              .label = "Table X",
              .title = fmt::format("The architecture of {}, read from the model itself",
                                   experiment.of_the_papers_network() ? "the original network"
                                                                      : experiment.model.architecture.model),
              .density = Density::compact,
              .columns = {{"number", "No."},
                          {"layer", "Layer"},
                          {"paper_layer", "In the paper"},
                          {"output", "Output"},
                          {"parameters", "Parameters", 0}}};
  Index number = 0;
  const auto add = [&](const std::string& words, const Shape& output, Index parameters) {
    const std::string row = fmt::format("{}", number);
    table.rows.push_back({number++, words,
                          experiment.of_the_papers_network() ? paper.word("table10", row, "layer") : "",
                          extents(output),
                          Comparison{.paper = printed_for(experiment, paper, {"table10", row, "parameters"}),
                                     .ours = Measured{.value = static_cast<double>(parameters)}}});
  };
  add("Input", study_image, 0);
  for (const LayerRow& layer : experiment.layers) add(in_words(layer), layer.output, layer.parameters);
  return table;
}

Table table_of_occupancy(const Experiment& experiment) {
  Table table{.id = "occupancy",
              .label = "Audit",
              .title = "Constant maps (share) and buckets in use (of nine), by conv layer and population",
              .note =
                  "Binned mutual information moves when these do. A difference between paths means something "
                  "only where the "
                  "populations occupy their buckets alike.",
              .settings = Settings::as_printed,
              .density = Density::compact,
              .columns = {{"k", "Conv layer"}}};
  std::vector<const Population*> populations{&experiment.normal_paths, &experiment.clean_paths};
  for (const AttackRun& run : experiment.runs)
    if (run.comparable()) populations.push_back(&run.adversarial);
  for (const Population* population : populations) {
    table.columns.push_back({population->name + "_constant", population->name + ": constant"});
    table.columns.push_back({population->name + "_buckets", population->name + ": buckets"});
  }
  for (std::size_t layer = 0; layer < experiment.normal_paths.aggregate.iip.mean.size(); ++layer) {
    std::vector<TableCell> row{static_cast<Index>(layer + 1)};
    for (const Population* population : populations) {
      row.emplace_back(
          fmt::format("{:.3f}", over_inputs(*population, layer, &LayerReport::constant_fraction)));
      row.emplace_back(
          fmt::format("{:.2f}", over_inputs(*population, layer, &LayerReport::occupied_buckets)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<Table> all_tables(const Experiment& experiment, const Paper& paper) {
  return {table_of_attacks(experiment, paper), table_of_distances(experiment, paper),
          table_of_models(experiment, paper), table_of_architecture(experiment, paper),
          table_of_occupancy(experiment)};
}

}  // namespace weir
