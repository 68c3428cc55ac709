#include "study/tables.h"

#include <charconv>
#include <cmath>

#include "tensor/check.h"

namespace weir {
namespace {

/// Resampling streams of the means in Tables II and VIII.
constexpr std::uint32_t stream_of_means = 1000;
constexpr Index official_test_images = 10000;

}  // namespace

const Printed* printed_for(const Analysis& analysis, const StudiedNetwork& network, std::string_view table,
                           std::string_view row, std::string_view column) {
  const bool the_papers = !network.there() || network.fits_role();
  return the_papers ? analysis.paper.find(table, row, column) : nullptr;
}

Measured measured(const Rate& rate) {
  return {.value = rate.value, .interval = Interval{rate.low, rate.high}, .n = rate.trials};
}

Comparison rate_cell(const Rate& ours, const Printed* printed) {
  if (ours.trials == 0) return {.paper = printed};
  return {.paper = printed, .ours = measured(ours)};
}

Comparison measured_cell(const Measured& ours, const Printed* printed) {
  if (ours.n == 0) return {.paper = printed};
  return {.paper = printed, .ours = ours};
}

Comparison mean_of_successes(const Analysis& analysis, const AttackRun& run, const Printed* printed,
                             const std::function<double(const AttackRecord&)>& column) {
  std::vector<double> values;
  for (const Index row : run.successes) values.push_back(column(run.record(row)));
  if (values.empty()) return {.paper = printed};
  const auto resampled_mean = [&](std::span<const Index> rows, std::span<const Index>) {
    double sum = 0;
    for (const Index row : rows) sum += values[static_cast<std::size_t>(row)];
    return sum / static_cast<double>(rows.size());
  };
  const auto n = static_cast<Index>(values.size());
  const auto replicates =
      bootstrap_values({.first = n}, resampled_mean, analysis.resampling(stream_of_means));
  return {.paper = printed,
          .ours = Measured{.value = mean(values), .interval = percentile_interval(replicates), .n = n}};
}

StatedAccuracy accuracy_of(const Analysis& analysis, const StudiedNetwork& network) {
  const Evaluation& measured = network.accuracy.evaluation;
  const auto card = network.stored.metadata.find("test_accuracy");
  if (analysis.experiment.full_test_set || card == network.stored.metadata.end())
    return {.rate = rate_of(measured.correct, measured.count)};
  const double stated = std::strtod(card->second.c_str(), nullptr);
  const auto right = static_cast<Index>(std::lround(stated * static_cast<double>(official_test_images)));
  if (right <= 0 || right > official_test_images) return {.rate = rate_of(measured.correct, measured.count)};
  return {.rate = rate_of(right, official_test_images), .from_card = true};
}

Column distance_column(std::string key, std::string heading) {
  return {.key = std::move(key), .heading = std::move(heading), .quantity = Quantity::distance};
}

std::string four_digits(double value, bool there) {
  return there ? fmt::format("{:.4f}", value) : std::string("–");
}

std::vector<Table> all_tables(const Analysis& analysis) {
  std::vector<Table> tables = {table_of_attacks(analysis),           table_of_distances(analysis),
                               table_of_compression(analysis),       table_of_gaps(analysis),
                               table_of_transfer(analysis),          table_of_models(analysis),
                               table_of_attacks_by_network(analysis)};
  for (const TargetGrid& grid : analysis.grids) tables.push_back(table_of_grid(analysis, grid));
  tables.push_back(table_of_architecture(analysis));
  tables.push_back(table_of_trajectories(analysis));
  tables.push_back(table_of_defence(analysis));
  tables.push_back(table_of_effects(analysis));
  tables.push_back(table_of_transferable(analysis));
  tables.push_back(table_of_all_transfers(analysis));
  for (const std::string& attack : analysis.experiment.preset.across)
    tables.push_back(transfer_matrix(analysis, attack));
  tables.push_back(table_of_constant_maps(analysis));
  tables.push_back(table_of_buckets(analysis));
  return tables;
}

}  // namespace weir
