// Tables II and VIII: what each attack costs, how sure the network is of the wrong answer, how often it
// works.
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

double distortion_in_norm(const AttackRecord& record, std::string_view norm) {
  if (norm == "l0") return record.distortion.relative_l0;
  return norm == "l2" ? record.distortion.relative_l2 : record.distortion.relative_linf;
}

std::string norm_of_attack(std::string_view attack) {
  if (attack == "jsma" || attack == "defended-jsma" || attack == "adaptive-jsma") return "l0";
  return attack == "deepfool" || attack == "cw" || attack == "cw-constant" ? "l2" : "linf";
}

/// distortion, distortion_l2, confidence, success_rate, n_correct, n_success.
void add_outcome(std::vector<TableCell>& row, const Analysis& analysis, const AttackRun& run,
                 const StudiedNetwork& network, std::string_view table, const std::string& key) {
  const std::string norm = norm_of_attack(run.planned.attack);
  const auto printed = [&](std::string_view column) {
    return printed_for(analysis, network, table, key, column);
  };
  row.emplace_back(mean_of_successes(analysis, run, printed("distortion"),
                                     [&](const AttackRecord& one) { return distortion_in_norm(one, norm); }));
  row.emplace_back(mean_of_successes(analysis, run, printed("distortion_l2"),
                                     [](const AttackRecord& one) { return one.distortion.relative_l2; }));
  row.emplace_back(mean_of_successes(analysis, run, printed("confidence"),
                                     [](const AttackRecord& one) { return one.adversarial_confidence; }));
  row.emplace_back(rate_cell(run.summary.success, printed("success_rate")));
  row.emplace_back(run.summary.success.trials);
  row.emplace_back(run.summary.success.hits);
}

constexpr std::string_view outcome_note =
    "Bar and dot: ours with its 95 % interval; diamond: the paper. Success rate: fooled, out of the inputs "
    "that the network classified correctly. Distortion, ‖r‖p/‖x‖p, and confidence: means over the successes.";

const std::vector<Column> outcome_columns = {
    {"distortion", "Distortion"}, {"distortion_l2", "Distortion (l2)"},
    {"confidence", "Confidence"}, {"success_rate", "Success rate"},
    {"n_correct", "Correct"},     {"n_success", "Fooled"}};

bool in_table_two(const Analysis& analysis, const AttackRun& run) {
  const StudiedNetwork& original = analysis.experiment.original();
  if (run.planned.target == "original") return run.planned.attack != "alone";
  return run.planned.target == "compressed" && (original.fits_role() || run.there());
}

}  // namespace

Table table_of_attacks(const Analysis& analysis) {
  const StudiedNetwork& original = analysis.experiment.original();
  Table table{.id = "table2",
              .label = "Table II",
              .title = fmt::format("Adversarial inputs by different attacks on CIFAR-10, targeting {}",
                                   original.fits_role() ? "the original network and its compressed version"
                                                        : original.title()),
              .note = std::string(outcome_note),
              .settings = analysis.experiment.preset.settings,
              .columns = {{"model", "Model"}, {"attack", "Attack"}, {"norm", "Norm"}}};
  table.columns.insert(table.columns.end(), outcome_columns.begin(), outcome_columns.end());
  for (const AttackRun& run : analysis.experiment.runs) {
    if (!in_table_two(analysis, run)) continue;
    const StudiedNetwork& network = analysis.experiment.network(run.planned.target);
    std::vector<TableCell> row{network.title(), run.reading.title, norm_of_attack(run.planned.attack)};
    add_outcome(row, analysis, run, network, "table2", run.planned.target + "/" + run.planned.attack);
    table.add(std::move(row), run.missing);
  }
  return table;
}

Table table_of_attacks_by_network(const Analysis& analysis) {
  Table table{.id = "table8",
              .label = "Table VIII",
              .title = "Adversarial inputs targeting three networks, and what another seed of one changes",
              .note = std::string(outcome_note),
              .settings = analysis.experiment.preset.settings,
              .columns = {{"attack", "Attack"}, {"model", "Model"}}};
  table.columns.insert(table.columns.end(), outcome_columns.begin(), outcome_columns.end());
  std::vector<std::string> targets = networks_of_transfer();
  targets.push_back("other-seed");
  for (const std::string& attack : analysis.experiment.preset.across)
    for (const std::string& target : targets) {
      const StudiedNetwork& network = analysis.experiment.network(target);
      const AttackRun& run = analysis.experiment.run(target, attack);
      std::vector<TableCell> row{run.reading.title, network.title()};
      add_outcome(row, analysis, run, network, "table8", fmt::format("{}/{}", attack, network.role->network));
      table.add(std::move(row), run.missing);
    }
  return table;
}

}  // namespace weir
