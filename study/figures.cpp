#include "study/figures.h"

#include <algorithm>
#include <cmath>

#include "data/cifar.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr double two_sided_95 = 1.959963984540054;

std::vector<Index> fooled_by_all(const Experiment& experiment) {
  std::vector<Index> rows;
  for (Index row = 0; row < experiment.attacked.count(); ++row) {
    const bool all = std::all_of(experiment.runs.begin(), experiment.runs.end(), [&](const AttackRun& run) {
      return std::binary_search(run.successes.begin(), run.successes.end(), row);
    });
    if (all && !experiment.runs.empty()) rows.push_back(row);
  }
  if (static_cast<Index>(rows.size()) > experiment.preset.pictures)
    rows.resize(static_cast<std::size_t>(experiment.preset.pictures));
  return rows;
}

std::vector<float> pixels_of(const Tensor& images, Index row) { return images.batch_slice(row, 1).to_host(); }

std::string caption(std::int32_t label, double confidence) {
  return fmt::format("{} {:.2f}", class_names.at(static_cast<std::size_t>(label)), confidence);
}

GridRow originals(const Experiment& experiment, std::span<const Index> rows) {
  GridRow row{.name = "Original"};
  for (const Index image : rows) {
    const AttackRecord& record = experiment.runs.at(0).outcome.records[static_cast<std::size_t>(image)];
    row.cells.push_back({.pixels = pixels_of(experiment.attacked.images, image),
                         .caption = caption(record.clean_class, record.clean_confidence)});
  }
  return row;
}

GridRow adversarials(const AttackRun& run, std::span<const Index> rows) {
  GridRow row{.name = run.title};
  for (const Index image : rows) {
    const AttackRecord& record = run.outcome.records[static_cast<std::size_t>(image)];
    row.cells.push_back({.pixels = pixels_of(run.outcome.images, image),
                         .caption = caption(record.adversarial_class, record.adversarial_confidence)});
  }
  return row;
}

GridRow differences(const Experiment& experiment, const AttackRun& run, std::span<const Index> rows) {
  GridRow row{.name = run.title, .remark = fmt::format("difference × {:.0f}", difference_gain)};
  for (const Index image : rows) {
    const AttackRecord& record = run.outcome.records[static_cast<std::size_t>(image)];
    row.cells.push_back(
        {.pixels = amplified_difference(pixels_of(run.outcome.images, image),
                                        pixels_of(experiment.attacked.images, image), difference_gain),
         .caption = fmt::format("l2 {:.4f}", record.distortion.relative_l2)});
  }
  return row;
}

std::vector<const Population*> shown_populations(const Experiment& experiment) {
  std::vector<const Population*> shown{&experiment.normal_paths, &experiment.clean_paths};
  for (const AttackRun& run : experiment.runs)
    if (run.comparable()) shown.push_back(&run.adversarial);
  return shown;
}

/// The curve of a population as points; `x` is the layer.
FigureCurve path_curve(const Population& population, Side side) {
  const Curve& curve = population.curve(side);
  FigureCurve drawn{.population = population.name,
                    .colour = population.colour,
                    .dash = population.name == "clean" ? Dash::dashed : Dash::solid};
  for (std::size_t layer = 0; layer < curve.mean.size(); ++layer)
    drawn.points.push_back({.k = static_cast<Index>(layer + 1),
                            .x = static_cast<double>(layer + 1),
                            .mean = curve.mean[layer],
                            .sd = curve.deviation[layer],
                            .n = curve.paths,
                            .low = curve.low[layer],
                            .high = curve.high[layer],
                            .gp_mean = curve.gp_mean[layer],
                            .gp_sd = curve.gp_deviation[layer]});
  return drawn;
}

/// The same curve over the input path instead of over the layer.
FigureCurve contrast_curve(const Population& population) {
  FigureCurve drawn = path_curve(population, Side::output);
  for (std::size_t layer = 0; layer < drawn.points.size(); ++layer)
    drawn.points[layer].x = population.curve(Side::input).gp_mean[layer];
  return drawn;
}

/// What the attack changed, image by image: no process is fitted, so the drawn line is the mean itself.
FigureCurve difference_curve(const AttackRun& run, Side side) {
  FigureCurve drawn{.population = run.title, .colour = run.colour};
  const PairedDifference difference = paired_difference(run.adversarial, run.clean, side);
  const Index images = run.adversarial.count();
  for (std::size_t layer = 0; layer < difference.mean.size(); ++layer) {
    const double half = two_sided_95 * difference.deviation[layer] / std::sqrt(static_cast<double>(images));
    drawn.points.push_back({.k = static_cast<Index>(layer + 1),
                            .x = static_cast<double>(layer + 1),
                            .mean = difference.mean[layer],
                            .sd = difference.deviation[layer],
                            .n = images,
                            .low = difference.mean[layer] - half,
                            .high = difference.mean[layer] + half,
                            .gp_mean = difference.mean[layer]});
  }
  return drawn;
}

Panel path_panel(const Experiment& experiment, Side side) {
  const std::string name(short_name(side));
  Panel panel{.name = name,
              .title = side == Side::input ? "Input path (IIP)" : "Output path (OIP)",
              .x_label = "conv layer k",
              .y_label = "mean mutual information, nats",
              .band = Band::interval};
  for (const Population* population : shown_populations(experiment))
    panel.curves.push_back(path_curve(*population, side));
  return panel;
}

Panel contrast_panel(const Experiment& experiment) {
  Panel panel{.name = "IOC",
              .title = "Input-output contrast (IOC)",
              .x_label = "with the input, nats",
              .y_label = "with the output, nats"};
  for (const Population* population : shown_populations(experiment))
    panel.curves.push_back(contrast_curve(*population));
  return panel;
}

Panel difference_panel(const Experiment& experiment, Side side) {
  const std::string name(short_name(side));
  Panel panel{.name = name + "-change",
              .title = name + ", change by the attack",
              .x_label = "conv layer k",
              .y_label = "adversarial minus clean, nats",
              .band = Band::interval};
  for (const AttackRun& run : experiment.runs)
    if (run.comparable()) panel.curves.push_back(difference_curve(run, side));
  return panel;
}

}  // namespace

ImageGrid figure_of_images(const Experiment& experiment) {
  const std::vector<Index> rows = fooled_by_all(experiment);
  if (rows.empty()) return {};
  ImageGrid grid{.extent = image_side, .rows = {originals(experiment, rows)}};
  for (const AttackRun& run : experiment.runs) grid.rows.push_back(adversarials(run, rows));
  for (const AttackRun& run : experiment.runs) grid.rows.push_back(differences(experiment, run, rows));
  return grid;
}

Figure figure_of_paths(const Experiment& experiment) {
  return {
      .number = 4,
      .title = "Aggregated information paths of normal and adversarial inputs",
      .caption =
          "Upper panels: aggregated paths, lines the mean of a Gaussian process fitted to all paths of a "
          "population, "
          "bands 95 % of the population's mean. Normal images come from the training set, as in the paper; "
          "clean are the "
          "attacked test images before the attack, so that what separates test from training images is not "
          "mistaken for "
          "the attack. Lower panels: the mean change from an image's own clean version, bands 95 %.",
      .alternative =
          "Mean mutual information with the input and with the output, layer by layer, for each population.",
      .measured_on = experiment.model.architecture.model,
      .panels = {path_panel(experiment, Side::input), path_panel(experiment, Side::output),
                 contrast_panel(experiment), difference_panel(experiment, Side::input),
                 difference_panel(experiment, Side::output)},
      .panels_in_a_row = 3};
}

}  // namespace weir
