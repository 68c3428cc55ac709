// Tables III, V and IX: how far aggregated paths lie apart, each distance beside its noise.
#include <algorithm>

#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

Comparison distance_cell(const AttackDistance& one, Side side, const Printed* printed) {
  if (!one.comparable()) return {.paper = printed};
  const PathDistance& d = one.distance(side);
  return {.paper = printed,
          .ours = Measured{
              .value = d.value, .interval = d.interval, .n = one.adversarial.count(), .bias = d.bias}};
}

std::string why_without_paths(const AttackDistance& one) {
  if (!one.run->there()) return one.run->missing;
  return one.comparable() ? ""
                          : fmt::format("too few successes to compare paths: {}", one.run->successes.size());
}

std::string noise_note(const NetworkNoise& noise) {
  return fmt::format(
      "{}There read noise and p. Noise: the distance between two random halves of the normal inputs stays "
      "below {:.4f} (IIP) and {:.4f} (OIP) in 95 % of splits; its median is {:.4f} and {:.4f}. "
      "p: permutation of the labels. Own clean: the paired distance between adversarial inputs and the same "
      "images before the attack, which holds the images fixed; its p from flips of each image's sign. "
      "All p after Holm's correction over the attacks and both paths.",
      note_of_distances, noise.input.margin, noise.output.margin, noise.input.median, noise.output.median);
}

std::string title_of_grid(const TargetGrid& grid) {
  return fmt::format(
      "Distance between the OIPs of normal inputs and {} inputs (rows: measuring network, "
      "columns: target)",
      grid.title);
}

}  // namespace

std::vector<AdjustedP> adjusted_p_values(const Analysis& analysis) {
  std::vector<double> against_normal, against_own;
  for (const AttackDistance& one : analysis.distances) {
    if (!one.comparable()) continue;
    against_normal.insert(against_normal.end(), {one.input.p_value, one.output.p_value});
    against_own.insert(against_own.end(), {one.input.paired_p_value, one.output.paired_p_value});
  }
  against_normal = holm_adjusted(against_normal);
  against_own = holm_adjusted(against_own);
  std::vector<AdjustedP> result;
  std::size_t place = 0;
  for (const AttackDistance& one : analysis.distances) {
    result.push_back({});
    if (!one.comparable()) continue;
    result.back() = {.input = against_normal[place],
                     .output = against_normal[place + 1],
                     .own_input = against_own[place],
                     .own_output = against_own[place + 1]};
    place += 2;
  }
  return result;
}

Table table_of_distances(const Analysis& analysis) {
  const StudiedNetwork& original = analysis.experiment.original();
  const NetworkNoise& noise = analysis.noise_on(original);
  Table table{
      .id = "table3",
      .label = "Table III",
      .title = "Distance of aggregated information paths between normal and adversarial inputs, in nats",
      .note = noise_note(noise),
      .settings = analysis.experiment.preset.settings,
      .columns = {{"attack", "Attack"},
                  {"n", "Inputs"},
                  distance_column("iip", "IIP distance"),
                  distance_column("oip", "OIP distance"),
                  {"iip_p", "p (IIP)"},
                  {"oip_p", "p (OIP)"},
                  {"iip_own_clean", "IIP, own clean"},
                  {"oip_own_clean", "OIP, own clean"},
                  {"iip_own_clean_p", "p (IIP, own)"},
                  {"oip_own_clean_p", "p (OIP, own)"},
                  {"iip_noise", "IIP noise"},
                  {"oip_noise", "OIP noise"}}};
  const std::vector<AdjustedP> adjusted = adjusted_p_values(analysis);
  for (std::size_t place = 0; place < analysis.distances.size(); ++place) {
    const AttackDistance& one = analysis.distances[place];
    const auto printed = [&](std::string_view column) {
      return printed_for(analysis, original, "table3", one.run->planned.attack, column);
    };
    const auto words = [&](double value) { return four_digits(value, one.comparable()); };
    table.add(
        {one.run->reading.title, one.adversarial.count(), distance_cell(one, Side::input, printed("iip")),
         distance_cell(one, Side::output, printed("oip")), words(adjusted[place].input),
         words(adjusted[place].output), words(one.input.paired), words(one.output.paired),
         words(adjusted[place].own_input), words(adjusted[place].own_output), words(noise.input.margin),
         words(noise.output.margin)},
        why_without_paths(one));
  }
  return table;
}

Table table_of_effects(const Analysis& analysis) {
  Table table{.id = "effects",
              .label = "Table III, effect sizes",
              .title = "How large the differences are, image by image",
              .note =
                  "Cohen's d of adversarial minus own clean, mean of its size over the conv layers. AUC: "
                  "how well the value at one layer alone tells adversarial from clean (0.5: not at all). "
                  "Its maximum over the layers lies above 0.5 even where nothing differs, and as d it has "
                  "no interval: read it as a size, not as evidence.",
              .settings = analysis.experiment.preset.settings,
              .density = Density::compact,
              .columns = {{"attack", "Attack"},
                          {"n", "Inputs"},
                          {"iip_d", "d (IIP)"},
                          {"oip_d", "d (OIP)"},
                          {"iip_auc", "AUC, maximum over layers (IIP)"},
                          {"oip_auc", "AUC, maximum over layers (OIP)"}}};
  for (const AttackDistance& one : analysis.distances) {
    const auto words = [&](double value) { return four_digits(value, one.comparable()); };
    table.add({one.run->reading.title, one.adversarial.count(), words(one.effect[0]), words(one.effect[1]),
               words(one.best_auc[0]), words(one.best_auc[1])},
              why_without_paths(one));
  }
  return table;
}

Table table_of_gaps(const Analysis& analysis) {
  Table table{
      .id = "table5",
      .label = "Table V",
      .title =
          "On one network: distance between the paths of inputs made for it "
          "and of inputs made for the other",
      .note =
          std::string(note_of_distances) +
          "There read the rows with the other seed, the null: what two networks differ by that only their "
          "random numbers tell apart. Noise: 95th percentile of the distance between random halves of the "
          "normal inputs; as these are different images, and the two groups of a row nearly the same, it is "
          "a wide margin here.",
      .settings = analysis.experiment.preset.settings,
      .columns = {{"attack", "Attack"},
                  {"measured_on", "Measured on"},
                  {"other", "The other"},
                  distance_column("iip", "IIP distance"),
                  distance_column("oip", "OIP distance"),
                  distance_column("average", "Average"),
                  {"iip_noise", "IIP noise"},
                  {"oip_noise", "OIP noise"},
                  {"n_own", "Made for it"},
                  {"n_other", "Made for the other"}}};
  for (const TargetGap& gap : analysis.gaps) {
    const bool null = gap.measuring->key() == "other-seed" || gap.other->key() == "other-seed";
    const auto printed = [&](std::string_view column) -> const Printed* {
      if (null) return nullptr;
      return printed_for(analysis, *gap.measuring, "table5",
                         fmt::format("{}/{}", gap.attack, gap.measuring->key()), column);
    };
    const bool noisy = gap.measuring->there();
    const NetworkNoise noise = noisy ? analysis.noise_on(*gap.measuring) : NetworkNoise{};
    table.add({gap.title, gap.measuring->title(), gap.other->title(),
               measured_cell(gap.input, printed("iip")), measured_cell(gap.output, printed("oip")),
               measured_cell(gap.average, printed("average")), four_digits(noise.input.margin, noisy),
               four_digits(noise.output.margin, noisy), gap.own.count(), gap.foreign.count()},
              gap.missing);
  }
  return table;
}

Table table_of_grid(const Analysis& analysis, const TargetGrid& grid) {
  const bool the_papers = grid.attack == "jsma";
  Table table{.id = the_papers ? "table9" : "table9_" + grid.attack,
              .label = the_papers ? "Table IX" : "Table IX for " + grid.title,
              .title = title_of_grid(grid),
              .note =
                  "Only images that fooled all three networks. The column of the other seed, on the "
                  "original only, is the null: inputs made for the same architecture. " +
                  std::string(note_of_distances) + "There read the noise.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"measured_on", "Measured on"}}};
  for (const std::string& target : networks_of_transfer())
    table.columns.push_back(
        distance_column(std::string(role_named(target).network), std::string(role_named(target).title)));
  table.columns.push_back(distance_column("other_seed", "Original, other seed"));
  table.columns.push_back({"noise", "OIP noise"});
  table.columns.push_back({"n", "Images"});
  for (const std::string& measuring : networks_of_transfer()) {
    const StudiedNetwork& network = analysis.experiment.network(measuring);
    std::vector<TableCell> row{network.title()};
    for (const std::string& target : networks_of_transfer()) {
      const Printed* printed = the_papers ? printed_for(analysis, network, "table9", network.role->network,
                                                        role_named(target).network)
                                          : nullptr;
      row.emplace_back(grid.cells.empty() ? Comparison{.paper = printed}
                                          : measured_cell(grid.cell(measuring, target).output, printed));
    }
    const bool with_null = measuring == "original" && !grid.null.empty();
    row.emplace_back(with_null ? measured_cell(grid.null.front().output) : Comparison{});
    row.emplace_back(network.there() ? four_digits(analysis.noise_on(network).output.margin) : "–");
    row.emplace_back(std::ssize(grid.common));
    table.add(std::move(row), grid.missing);
  }
  return table;
}

}  // namespace weir
