// Table VI and the matrix behind it: inputs made for one network, shown to another.
#include <algorithm>

#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

const StudiedNetwork* target_of(const Analysis& analysis, const AttackRun& run) {
  return run.planned.target == ensemble_target ? nullptr : &analysis.experiment.network(run.planned.target);
}

std::string target_title(const Analysis& analysis, const AttackRun& run) {
  const StudiedNetwork* target = target_of(analysis, run);
  return target == nullptr ? "Three networks together" : target->title();
}

bool fools(const Analysis& analysis, const TransferRate& rate, Index row) {
  const auto at = static_cast<std::size_t>(row);
  return rate.run->on.find(rate.shown_to->key())->second.answers.classes[at] !=
         analysis.experiment.attacked.set.labels[at];
}

/// McNemar's exact test on the images that fooled both networks of a pair: does one direction transfer more?
double p_between_directions(const Analysis& analysis, const TransferRate& there, const TransferRate& back) {
  std::vector<Index> both;
  std::ranges::set_intersection(there.run->successes, back.run->successes, std::back_inserter(both));
  Index only_there = 0, only_back = 0;
  for (const Index row : both) {
    const bool first = fools(analysis, there, row), second = fools(analysis, back, row);
    only_there += first && !second ? 1 : 0;
    only_back += second && !first ? 1 : 0;
  }
  return mcnemar_p_value(only_there, only_back);
}

struct Pair {
  const char *target, *shown_to;
};

void add_direction(Table& table, const Analysis& analysis, const std::string& attack, Pair pair) {
  const StudiedNetwork &target = analysis.experiment.network(pair.target),
                       &shown_to = analysis.experiment.network(pair.shown_to);
  const AttackRun& run = analysis.experiment.run(pair.target, attack);
  const TransferRate *there = analysis.transfer(pair.target, attack, pair.shown_to),
                     *back = analysis.transfer(pair.shown_to, attack, pair.target);
  const Printed* printed =
      printed_for(analysis, target, "table6", fmt::format("{}/{}/{}", attack, pair.target, pair.shown_to),
                  "transferability");
  const TransferRate nothing;
  const TransferRate& rate = there != nullptr ? *there : nothing;
  table.add({run.reading.title, target.title(), shown_to.title(), rate_cell(rate.all, printed),
             rate_cell(rate.conditional), rate_cell(rate.noise), rate.all.trials, rate.conditional.trials,
             there != nullptr && back != nullptr ? four_digits(p_between_directions(analysis, *there, *back))
                                                 : std::string("–")},
            !run.there() ? run.missing : shown_to.missing);
}

constexpr std::string_view transfer_note =
    "Of the inputs that fooled the network they were made for. All: wrong on the other network. Conditional: "
    "only images that the other network gets right before the attack. Noise: the same images under Gaussian "
    "noise of the same l2 norm.";

std::string in_words(const TransferRate* rate) {
  if (rate == nullptr) return "–";
  if (rate->conditional.trials == 0) return "no image";
  return fmt::format("{:.3f} ({:.3f} – {:.3f}) of {}; all {:.3f}; noise {:.3f}", rate->conditional.value,
                     rate->conditional.low, rate->conditional.high, rate->conditional.trials, rate->all.value,
                     rate->noise.value);
}

}  // namespace

Table table_of_transfer(const Analysis& analysis) {
  Table table{.id = "table6",
              .label = "Table VI",
              .title = "Transferable adversarial inputs between the original and the compressed network",
              .note = std::string(transfer_note) +
                      " p: McNemar's exact test between the two directions, on images that fooled both. Rows "
                      "with the other seed are the null.",
              .settings = analysis.experiment.preset.settings,
              .columns = {{"attack", "Attack"},
                          {"target", "Made for"},
                          {"measured_on", "Shown to"},
                          {"transferability", "Transferability"},
                          {"conditional", "Conditional"},
                          {"noise", "Noise"},
                          {"n", "Inputs"},
                          {"n_conditional", "Conditional on"},
                          {"p", "p of the pair"}}};
  for (const std::string& attack : analysis.experiment.preset.across)
    for (const Pair pair : {Pair{"original", "compressed"}, Pair{"compressed", "original"},
                            Pair{"original", "other-seed"}, Pair{"other-seed", "original"}})
      add_direction(table, analysis, attack, pair);
  return table;
}

Table table_of_all_transfers(const Analysis& analysis) {
  Table table{.id = "transfer",
              .label = "Transfer",
              .title = "Every attack shown to every network",
              .note = std::string(transfer_note) + " To target: given the class that was aimed at.",
              .settings = analysis.experiment.preset.settings,
              .density = Density::compact,
              .columns = {{"attack", "Attack"},
                          {"target", "Made for"},
                          {"shown_to", "Shown to"},
                          {"all", "All"},
                          {"conditional", "Conditional"},
                          {"noise", "Noise"},
                          {"to_target", "To target"}}};
  for (const TransferRate& rate : analysis.transfers)
    table.add({rate.run->reading.title, target_title(analysis, *rate.run), rate.shown_to->title(),
               rate_cell(rate.all), rate_cell(rate.conditional), rate_cell(rate.noise),
               rate_cell(rate.to_target)});
  return table;
}

Table transfer_matrix(const Analysis& analysis, const std::string& attack) {
  Table table{.id = "transfer_" + attack,
              .label = "Transfer",
              .title = fmt::format("{}: made for (rows), shown to (columns)",
                                   analysis.experiment.run("original", attack).reading.title),
              .note = std::string(transfer_note),
              .settings = analysis.experiment.preset.settings,
              .density = Density::compact,
              .columns = {{"target", "Made for"}, {"n", "Inputs"}}};
  for (const StudiedNetwork& network : analysis.experiment.networks)
    if (network.there()) table.columns.push_back({std::string(network.key()), network.title()});
  for (const AttackRun& run : analysis.experiment.runs) {
    const bool ensemble = run.planned.target == ensemble_target && attack == "fgsm";
    if (run.planned.attack != attack && !ensemble) continue;
    std::vector<TableCell> row{target_title(analysis, run), std::ssize(run.successes)};
    for (const StudiedNetwork& network : analysis.experiment.networks)
      if (network.there())
        row.emplace_back(in_words(analysis.transfer(run.planned.target, run.planned.attack, network.key())));
    table.add(std::move(row), run.missing);
  }
  return table;
}

Table table_of_transferable(const Analysis& analysis) {
  Table table{
      .id = "transferable",
      .label = "Q5",
      .title = "OIP distance from normal: inputs that transfer, and inputs that do not",
      .note =
          "On the network in the third column, which the inputs were not made for; only images "
          "that it gets right before the attack. " +
          std::string(note_of_distances) +
          "There read the noise, that of half the normal images: a smaller group has more, and so lies "
          "farther away. p: with the labels of the inputs shuffled, how often the first group lies as much "
          "farther away than the second; not corrected for the number of rows.",
      .settings = analysis.experiment.preset.settings,
      .columns = {{"attack", "Attack"},
                  {"target", "Made for"},
                  {"measured_on", "Measured on"},
                  distance_column("transferable", "Transferable"),
                  distance_column("not_transferable", "Not transferable"),
                  {"noise", "OIP noise"},
                  {"p", "p"}}};
  for (const TransferablePaths& one : analysis.transferable)
    table.add({one.run->reading.title, target_title(analysis, *one.run), one.measuring->title(),
               measured_cell(one.transferable_distance), measured_cell(one.stuck_distance),
               four_digits(analysis.noise_on(*one.measuring).output.margin),
               one.comparable() ? four_digits(one.p_value) : std::string()},
              one.comparable() ? ""
                               : fmt::format("too few to compare: {} transfer, {} do not",
                                             one.transferable.count(), one.stuck.count()));
  return table;
}

}  // namespace weir
