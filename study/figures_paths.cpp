// Figures 3 to 11: paths of populations, and of one image on its way.
#include <algorithm>
#include <cmath>

#include "infoflow/compare.h"
#include "study/figures.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr double two_sided_95 = 1.959963984540054;

/// What the attack changed, image by image: no process is fitted, so the drawn line is the mean itself.
FigureCurve difference_curve(const AttackDistance& one, Side side) {
  FigureCurve drawn{.population = one.run->reading.title, .colour = one.run->reading.colour};
  const PairedDifference difference = paired_difference(one.adversarial.population, one.clean, side);
  const Index images = one.adversarial.count();
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

Panel difference_panel(const Analysis& analysis, Side side) {
  const std::string name(short_name(side));
  Panel panel{.name = name + "-change",
              .title = name + ", change by the attack",
              .x_label = "conv layer k",
              .y_label = "adversarial minus clean, nats",
              .band = Band::interval};
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable()) panel.curves.push_back(difference_curve(one, side));
  return panel;
}

FigureCurve single_path(const std::vector<double>& x, const std::vector<double>& y, const std::string& name,
                        const std::string& colour) {
  FigureCurve curve{.population = name, .colour = colour};
  for (std::size_t i = 0; i < y.size(); ++i)
    curve.points.push_back({.k = static_cast<Index>(i + 1),
                            .x = x[i],
                            .mean = y[i],
                            .n = 1,
                            .low = y[i],
                            .high = y[i],
                            .gp_mean = y[i]});
  return curve;
}

std::vector<double> counting(std::size_t count, double first) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + static_cast<double>(i);
  return values;
}

/// Eight of the iterations, first and last among them, from dark to light.
std::vector<Panel> panels_on_the_way(const TrajectoryCell& one) {
  constexpr Index shades = 8;
  Panel input{.name = "IIP",
              .title = "Input path (IIP)",
              .x_label = "conv layer k",
              .y_label = "mean mutual information, nats"};
  Panel output = input, contrast = input;
  output.name = "OIP", output.title = "Output path (OIP)";
  contrast.name = "IOC", contrast.title = "Input-output contrast (IOC)";
  contrast.x_label = "with the input, nats", contrast.y_label = "with the output, nats";
  const Index last = std::ssize(one.paths) - 1, shown = std::min(shades, last + 1);
  for (Index shade = 0; shade < shown; ++shade) {
    const Index step = shown > 1 ? shade * last / (shown - 1) : 0;
    const Path& path = one.paths[static_cast<std::size_t>(step)];
    const std::string name = fmt::format("step {}", step), colour = fmt::format("shade{}", shade + 1);
    const std::vector<double> layers = counting(path.iip.size(), 1);
    input.curves.push_back(single_path(layers, path.iip, name, colour));
    output.curves.push_back(single_path(layers, path.oip, name, colour));
    contrast.curves.push_back(single_path(path.iip, path.oip, name, colour));
  }
  return {input, output, contrast};
}

Panel deviation_panel(const TrajectoryCell& one, Side side) {
  const std::string name(short_name(side));
  std::vector<double> far;
  for (const Path& path : one.paths) {
    const Distances both = distance(path, one.paths.front());
    far.push_back(side == Side::input ? both.iip : both.oip);
  }
  return {.name = name + "-deviation",
          .title = name + ", distance from the start",
          .x_label = "iteration",
          .y_label = "nats",
          .curves = {single_path(counting(far.size(), 0), far, "distance", "accent")}};
}

void append(std::vector<Panel>& panels, std::vector<Panel> more) {
  std::ranges::move(more, std::back_inserter(panels));
}

ShownPopulation shown_normal(const StudiedNetwork& network) {
  return {.population = &network.normal, .name = "normal", .colour = "normal"};
}

/// Panels of one network of a pair.
std::vector<Panel> panels_of_gap(const TargetGap& gap) {
  std::vector<ShownPopulation> shown{shown_normal(*gap.measuring)};
  if (gap.own.comparable()) shown.push_back({&gap.own.population, "made for it", "igsm"});
  if (gap.foreign.comparable())
    shown.push_back({&gap.foreign.population, "made for the other", "igsm", Dash::dashed});
  return path_panels(shown, std::string(gap.measuring->key()), gap.measuring->title());
}

/// Q5b on one network: OIPs of inputs for the others, those that fool it (solid) and those that do not.
std::vector<Panel> panels_of_transfer(const Analysis& analysis, const std::string& attack,
                                      const StudiedNetwork& measuring) {
  std::vector<ShownPopulation> shown{shown_normal(measuring)};
  for (const TransferablePaths& one : analysis.transferable) {
    if (one.measuring != &measuring || one.run->planned.attack != attack) continue;
    const std::string target = one.run->planned.target, colour(role_named(target).colour);
    if (one.transferable.comparable())
      shown.push_back({&one.transferable.population, fmt::format("{}: transfers", target), colour});
    if (one.stuck.comparable())
      shown.push_back({&one.stuck.population, fmt::format("{}: does not", target), colour, Dash::dashed});
  }
  if (shown.size() == 1) return {};
  Panel panel = path_panels(shown, std::string(measuring.key()), measuring.title())[1];
  panel.name = "OIP-transfer";
  panel.title = fmt::format("OIP on {}, by transfer", measuring.title());
  return {panel};
}

/// Without curves of adversarial inputs there is no figure: `missing` says why.
std::string first_reason(const std::string& reason, std::string& missing) {
  if (missing.empty()) missing = reason;
  return missing;
}

constexpr std::string_view lines_and_bands =
    "Lines: the mean of a Gaussian process fitted to all paths of a population; bands: 95 % of the "
    "population's mean.";

}  // namespace

Figure figure_of_trajectory(const Analysis& analysis) {
  Figure figure{.number = 3,
                .title = "One image on its way through JSMA",
                .caption =
                    "Upper panels: the image's paths, dark at the start, light at the end. Lower "
                    "panels: how far they have come, (1/K) Σ |difference|.",
                .alternative = "Paths of one image from step to step, and their distance from the start.",
                .measured_on = "original",
                .panels_in_a_row = 3};
  figure.missing = analysis.trajectories.missing;
  if (analysis.experiment.trajectories.empty()) first_reason("no trajectory was recorded", figure.missing);
  if (!figure.missing.empty()) return figure;
  const TrajectoryCell& one = analysis.experiment.trajectories.front();
  figure.panels = panels_on_the_way(one);
  for (const Side side : {Side::input, Side::output}) figure.panels.push_back(deviation_panel(one, side));
  return figure;
}

Figure figure_of_attacks(const Analysis& analysis) {
  const StudiedNetwork& original = analysis.experiment.original();
  std::vector<ShownPopulation> shown{shown_normal(original)};
  if (original.clean.count() > 0) shown.push_back({&original.clean, "clean", "clean", Dash::dashed});
  for (const AttackDistance& one : analysis.distances)
    if (one.comparable())
      shown.push_back({&one.adversarial.population, one.run->reading.title, one.run->reading.colour});
  Figure figure{
      .number = 4,
      .title = "Aggregated information paths of normal and adversarial inputs",
      .caption =
          "Upper panels: aggregated paths, lines the mean of a Gaussian process fitted to all paths of "
          "a population, bands 95 % of the population's mean. Normal images come from the training "
          "set, as in the paper; clean are the attacked test images before the attack, so that what "
          "separates test from training images is not mistaken for the attack. Lower panels: the mean "
          "change from an image's own clean version, bands 95 %.",
      .alternative =
          "Mean mutual information with the input and with the output, layer by layer, for each population.",
      .measured_on = original.stored.architecture.model,
      .panels = path_panels(shown, "", ""),
      .panels_in_a_row = 3};
  for (const Side side : {Side::input, Side::output})
    figure.panels.push_back(difference_panel(analysis, side));
  return figure;
}

Figure figure_of_pair(const Analysis& analysis, int number, const std::string& attack) {
  Figure figure{.number = number,
                .title = "Normal inputs and inputs made for the network (solid) or for the other (dashed)",
                .caption = std::string(lines_and_bands),
                .alternative = "Aggregated paths on the original and on the compressed network.",
                .measured_on = "original, compressed"};
  for (const TargetGap& gap : analysis.gaps) {
    if (gap.attack != attack || gap.measuring->key() == "other-seed" || gap.other->key() == "other-seed")
      continue;
    figure.title = fmt::format(
        "{}: normal inputs and inputs made for the network (solid) or for the other "
        "(dashed)",
        gap.title);
    if (gap.there())
      append(figure.panels, panels_of_gap(gap));
    else
      first_reason(gap.missing, figure.missing);
  }
  if (figure.panels.empty())
    first_reason("this preset does not run the attack across networks", figure.missing);
  return figure;
}

Figure figure_of_defence(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  Figure figure{.number = 6,
                .title = "Regular and adaptive JSMA on the distilled network",
                .caption = fmt::format("{} Both hold all attacked inputs, failures as they were left.",
                                       lines_and_bands),
                .alternative = "Aggregated paths of normal inputs and of both attacks' inputs.",
                .measured_on = "distilled"};
  figure.missing = defence.missing;
  if (!defence.there()) return figure;
  const StudiedNetwork& network = analysis.experiment.network("distilled");
  figure.panels = path_panels({shown_normal(network),
                               {&defence.regular.attacked.population, "regular JSMA", "igsm"},
                               {&defence.adaptive.attacked.population, "adaptive JSMA", "fgsm"}},
                              "distilled", "");
  return figure;
}

Figure figure_of_targets(const Analysis& analysis, int number, const std::string& attack) {
  Figure figure{
      .number = number,
      .title = "Inputs made for each of three networks, on each of them",
      .caption = fmt::format("{} Only images that fooled all three networks.", lines_and_bands),
      .alternative = "Aggregated paths on three networks, by the network that inputs were made for.",
      .measured_on = "original, deep-conv, vgg-like"};
  const auto grid = std::ranges::find(analysis.grids, attack, &TargetGrid::attack);
  if (grid == analysis.grids.end())
    first_reason("this preset does not run the attack across networks", figure.missing);
  else if (!grid->comparable())
    first_reason(grid->missing, figure.missing);
  if (!figure.missing.empty()) return figure;
  figure.title = fmt::format("{}: inputs made for each of three networks, on each of them", grid->title);
  for (const std::string& measuring : networks_of_transfer()) {
    const StudiedNetwork& network = analysis.experiment.network(measuring);
    std::vector<ShownPopulation> shown{shown_normal(network)};
    for (const std::string& target : networks_of_transfer())
      shown.push_back({&grid->cell(measuring, target).adversarial.population,
                       fmt::format("made for {}", target), std::string(role_named(target).colour),
                       measuring == target ? Dash::solid : Dash::dashed});
    append(figure.panels, path_panels(shown, measuring, network.title()));
  }
  if (attack != "jsma") return figure;
  figure.caption +=
      " Last panels: inputs for another network, those that fool this one, too, and those that "
      "do not.";
  for (const std::string& measuring : networks_of_transfer())
    append(figure.panels, panels_of_transfer(analysis, attack, analysis.experiment.network(measuring)));
  return figure;
}

}  // namespace weir
