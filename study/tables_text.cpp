// Q1 and Q4: numbers that the paper tells in its text.
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

Comparison median_cell(const Measured& median) { return measured_cell(median); }

void add_defence(Table& table, const Analysis& analysis, const Defence::One& one, const char* attack) {
  const StudiedNetwork& distilled = analysis.experiment.network("distilled");
  const std::string key = std::string("distilled/") + attack;
  const auto printed = [&](std::string_view column) {
    return printed_for(analysis, distilled, "text", key, column);
  };
  const bool there = one.run != nullptr;
  const std::string title = std::string(attack) == "jsma" ? "Regular JSMA" : "Adaptive JSMA";
  table.add({title,
             there ? rate_cell(one.run->summary.success, printed("success_rate"))
                   : Comparison{.paper = printed("success_rate")},
             measured_cell(one.input), measured_cell(one.output, printed("oip")),
             measured_cell(one.output_of_successes),
             distilled.there() ? four_digits(analysis.noise_on(distilled).output.margin) : "–",
             there ? one.run->summary.zero_gradients.hits : Index{0}, one.attacked.count()},
            analysis.defence.missing);
}

}  // namespace

Table table_of_trajectories(const Analysis& analysis) {
  const TrajectoryStatistics& statistics = analysis.trajectories;
  Table table{.id = "trajectories",
              .label = "Q1",
              .title = "Along JSMA: rank correlation of the iteration with distances along the way",
              .note =
                  "Spearman's rho for each image; the median over images with its 90 % bootstrap "
                  "interval, whose ends are one-sided 95 % bounds. The control makes each image's changes at "
                  "the same steps, but of values drawn at random: what it shows needs no aim.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"path", "Path"},
                          {"from_start", "Distance from the start"},
                          {"to_end", "Distance to the end"},
                          {"moved", "End from start, nats"},
                          {"n", "Images"}}};
  const auto add = [&](const char* name, const TrajectoryStatistics::Correlations& one) {
    table.add({std::string(name), median_cell(one.median_from_start), median_cell(one.median_to_end),
               median_cell(one.median_moved), std::ssize(one.from_start)},
              statistics.missing);
  };
  add("IIP", statistics.input);
  add("OIP", statistics.output);
  add("IIP, control", statistics.scattered_input);
  add("OIP, control", statistics.scattered_output);
  return table;
}

Table table_of_defence(const Analysis& analysis) {
  Table table{.id = "q4",
              .label = "Q4",
              .title = "JSMA on the distilled network",
              .note =
                  "Distances from normal are of all attacked inputs, failures as they were left; beside "
                  "them those of the successes only. Without gradient: inputs at which the regular attack "
                  "saw nothing but zeros. " +
                  std::string(note_of_distances) + "There read the noise.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"attack", "Attack"},
                          {"success_rate", "Success rate"},
                          distance_column("iip", "IIP distance"),
                          distance_column("oip", "OIP distance"),
                          distance_column("oip_successes", "OIP distance, successes"),
                          {"oip_noise", "OIP noise"},
                          {"no_gradient", "Without gradient"},
                          {"n", "Inputs"}}};
  add_defence(table, analysis, analysis.defence.regular, "jsma");
  add_defence(table, analysis, analysis.defence.adaptive, "adaptive-jsma");
  return table;
}

}  // namespace weir
