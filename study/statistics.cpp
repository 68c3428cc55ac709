#include "study/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "attacks/summary.h"
#include "tensor/check.h"

namespace weir {

double mean(std::span<const double> values) {
  expects(!values.empty(), "the mean needs at least one value");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0.0;
  const double centre = mean(values);
  double squares = 0.0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double standard_error(std::span<const double> values) {
  if (values.size() < 2) return 0.0;
  return standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

double quantile(std::vector<double> values, double share) {
  expects(!values.empty(), "a quantile needs at least one value");
  expects(share >= 0.0 && share <= 1.0, "a quantile's share lies in [0, 1], found {}", share);
  std::sort(values.begin(), values.end());
  return quantile_of_sorted(values, share);
}

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    const double shared = 1.0 + static_cast<double>(first + last) / 2.0;
    for (std::size_t place = first; place <= last; ++place) ranks[order[place]] = shared;
    first = last + 1;
  }
  return ranks;
}

double spearman(std::span<const double> first, std::span<const double> second) {
  expects(first.size() == second.size(), "a rank correlation needs pairs, found {} and {} values",
          first.size(), second.size());
  expects(first.size() >= 2, "a rank correlation needs at least two pairs, found {}", first.size());
  const std::vector<double> a = mid_ranks(first), b = mid_ranks(second);
  const double centre = (static_cast<double>(a.size()) + 1.0) / 2.0;
  double covariance = 0, spread_a = 0, spread_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    covariance += (a[i] - centre) * (b[i] - centre);
    spread_a += (a[i] - centre) * (a[i] - centre);
    spread_b += (b[i] - centre) * (b[i] - centre);
  }
  if (spread_a == 0.0 || spread_b == 0.0) return 0.0;
  return covariance / std::sqrt(spread_a * spread_b);
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double running = 0.0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const double scaled = static_cast<double>(order.size() - place) * p_values[order[place]];
    running = std::max(running, std::min(1.0, scaled));
    adjusted[order[place]] = running;
  }
  return adjusted;
}

double mcnemar_p_value(Index only_first, Index only_second) {
  expects(only_first >= 0 && only_second >= 0, "discordant pairs are counted from 0, found {} and {}",
          only_first, only_second);
  const Index discordant = only_first + only_second;
  if (discordant == 0) return 1.0;
  const auto n = static_cast<double>(discordant);
  double tail = 0.0;
  for (Index count = 0; count <= std::min(only_first, only_second); ++count) {
    const auto k = static_cast<double>(count);
    const double log_ways = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
    tail += std::exp(log_ways - n * std::numbers::ln2);
  }
  return std::min(1.0, 2.0 * tail);
}

double area_under_curve(std::span<const double> first, std::span<const double> second) {
  expects(!first.empty() && !second.empty(), "an area under the curve needs values of both kinds");
  std::vector<double> both(first.begin(), first.end());
  both.insert(both.end(), second.begin(), second.end());
  const std::vector<double> ranks = mid_ranks(both);
  const double sum = std::accumulate(ranks.begin(), ranks.begin() + std::ssize(first), 0.0);
  const auto n = static_cast<double>(first.size()), m = static_cast<double>(second.size());
  return (sum - n * (n + 1) / 2) / (n * m);
}

}  // namespace weir
