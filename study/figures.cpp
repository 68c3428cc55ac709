#include "study/figures.h"

#include "tensor/check.h"

namespace weir {
namespace {

/// The curve of a population as points; `x` is the layer.
FigureCurve path_curve(const ShownPopulation& shown, Side side) {
  const Curve& curve = shown.population->curve(side);
  FigureCurve drawn{.population = shown.name, .colour = shown.colour, .dash = shown.dash};
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
FigureCurve contrast_curve(const ShownPopulation& shown) {
  FigureCurve drawn = path_curve(shown, Side::output);
  for (std::size_t layer = 0; layer < drawn.points.size(); ++layer)
    drawn.points[layer].x = shown.population->curve(Side::input).gp_mean[layer];
  return drawn;
}

std::string headed(const std::string& title, const std::string& network) {
  return network.empty() ? title : fmt::format("{} on {}", title, network);
}

}  // namespace

std::vector<Panel> path_panels(const std::vector<ShownPopulation>& shown, const std::string& measured_on,
                               const std::string& title_of_network) {
  std::vector<Panel> panels;
  for (const Side side : {Side::input, Side::output}) {
    const std::string name(short_name(side));
    Panel panel{
        .name = name,
        .title = headed(side == Side::input ? "Input path (IIP)" : "Output path (OIP)", title_of_network),
        .x_label = "conv layer k",
        .y_label = "mean mutual information, nats",
        .band = Band::interval,
        .measured_on = measured_on};
    for (const ShownPopulation& one : shown) panel.curves.push_back(path_curve(one, side));
    panels.push_back(std::move(panel));
  }
  Panel contrast{.name = "IOC",
                 .title = headed("Input-output contrast (IOC)", title_of_network),
                 .x_label = "with the input, nats",
                 .y_label = "with the output, nats",
                 .measured_on = measured_on};
  for (const ShownPopulation& one : shown) contrast.curves.push_back(contrast_curve(one));
  panels.push_back(std::move(contrast));
  return panels;
}

std::vector<Figure> all_figures(const Analysis& analysis) {
  return {figure_of_trajectory(analysis),         figure_of_attacks(analysis),
          figure_of_pair(analysis, 5, "jsma"),    figure_of_defence(analysis),
          figure_of_targets(analysis, 7, "jsma"), figure_of_pair(analysis, 8, "fgsm"),
          figure_of_pair(analysis, 9, "cw"),      figure_of_targets(analysis, 10, "fgsm"),
          figure_of_targets(analysis, 11, "cw")};
}

}  // namespace weir
