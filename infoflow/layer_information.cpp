#include "infoflow/layer_information.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "tensor/check.h"

namespace weir {
namespace {

/// Takes map c with (shifted) map c out of the sums.
void drop_self_pairs(const CountableMaps& layer, const SymbolMaps& columns, const CellTable& table,
                     std::vector<std::int64_t>& sums) {
  for (std::size_t c = 0; c < sums.size(); ++c) {
    const auto channel = static_cast<Index>(c);
    if (layer.masks.constant(channel)) continue;
    const std::int64_t joint = joint_sum(layer.symbols.map(channel), columns.map(channel), table);
    sums[c] -= table.values.back() + joint - 2 * layer.marginals[c];
  }
}

/// In row order, so the bits are the same however the rows were computed.
double total(const std::vector<std::int64_t>& sums) {
  return std::accumulate(sums.begin(), sums.end(), 0.0,
                         [](double sum, std::int64_t row) { return sum + static_cast<double>(row); });
}

double nats(double sum, Index positions, Index pairs) {
  if (pairs == 0) return 0;
  return sum / (static_cast<double>(positions) * static_cast<double>(pairs)) / (Index{1} << cell_scale_bits);
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0.0};
}

void take_off_null(const InformationSums& sums, Index all_pairs, LayerInformation& result) {
  std::vector<double> means;
  for (const auto& null : sums.nulls) means.push_back(nats(total(null), sums.positions, all_pairs));
  const Moments null = moments(means);
  if (null.deviation > 0) result.z = (result.mean - null.mean) / null.deviation;
  result.mean -= null.mean;
  for (std::size_t c = 0; c < result.rows.size(); ++c) {
    double row = 0;
    for (const auto& shift : sums.nulls) row += static_cast<double>(shift[c]);
    result.rows[c] -= nats(row / static_cast<double>(sums.nulls.size()), sums.positions, sums.pairs[c]);
  }
}

}  // namespace

ReferenceMaps reference_maps(SymbolMaps maps, const CellTable& table, CountMethod method,
                             std::vector<Shift> shifts) {
  ReferenceMaps result{.maps = countable(std::move(maps), table, method, CountedAs::columns),
                       .shifts = std::move(shifts)};
  for (const Shift shift : result.shifts)
    result.shifted.push_back(
        countable(shifted(result.maps.symbols, shift), table, method, CountedAs::columns));
  return result;
}

std::vector<Index> pairs_of_rows(std::span<const int> rows, std::span<const int> columns,
                                 const PairRule& rule, Pairing kind) {
  std::vector<Index> pairs(rows.size(), std::ssize(columns));
  if (rule.constant_maps == ConstantMaps::skip) {
    const Index live_columns = live_maps(columns);
    std::ranges::transform(rows, pairs.begin(),
                           [&](int occupied) { return occupied > 1 ? live_columns : 0; });
  }
  if (drops_self_pairs(rule, kind))
    for (Index& count : pairs) count = std::max<Index>(count - 1, 0);
  return pairs;
}

InformationSums information_of(const CountableMaps& layer, const ReferenceMaps& reference,
                               const CellTable& table, const PairRule& rule, Pairing kind) {
  InformationSums result{.positions = table.positions()};
  const bool drop = drops_self_pairs(rule, kind);
  const auto sums_with = [&](const CountableMaps& columns) {
    std::vector<std::int64_t> sums = information_sums(layer, columns, table, rule.method);
    if (drop) drop_self_pairs(layer, columns.symbols, table, sums);
    return sums;
  };
  result.sums = sums_with(reference.maps);
  for (const CountableMaps& columns : reference.shifted) result.nulls.push_back(sums_with(columns));
  result.pairs =
      pairs_of_rows(layer.masks.occupied_symbols, reference.maps.masks.occupied_symbols, rule, kind);
  return result;
}

LayerInformation in_nats(const InformationSums& sums, Estimator estimator) {
  const Index all_pairs = std::accumulate(sums.pairs.begin(), sums.pairs.end(), Index{0});
  // Rounding of the table can leave a plug-in sum a few units below its least possible value, zero.
  const double least = estimator == Estimator::miller_madow ? -HUGE_VAL : 0.0;
  LayerInformation result{.mean = std::max(least, nats(total(sums.sums), sums.positions, all_pairs))};
  for (std::size_t c = 0; c < sums.sums.size(); ++c)
    result.rows.push_back(
        std::max(least, nats(static_cast<double>(sums.sums[c]), sums.positions, sums.pairs[c])));
  if (estimator == Estimator::shift_null && !sums.nulls.empty()) take_off_null(sums, all_pairs, result);
  return result;
}

}  // namespace weir
