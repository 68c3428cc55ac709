#include "attacks/summary.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace weir {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();
constexpr double normal_quantile_of_95 = 1.959963984540054;  // two-sided

Spread spread_of(std::vector<double> values, Index failures) {
  const auto count = static_cast<Index>(values.size());
  if (count == 0) return {0, no_value, no_value, no_value, no_value, failures > 0 ? infinity : no_value};
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  Spread spread{.count = count,
                .mean = sum / static_cast<double>(count),
                .lower_quartile = quantile_of_sorted(values, 0.25),
                .median = quantile_of_sorted(values, 0.5),
                .upper_quartile = quantile_of_sorted(values, 0.75)};
  values.insert(values.end(), static_cast<std::size_t>(failures), infinity);
  spread.median_with_failures = quantile_of_sorted(values, 0.5);
  return spread;
}

using Column = std::function<double(const AttackRecord&)>;

/// A column over the successes, and how many were correct but not fooled.
class Successes {
 public:
  explicit Successes(std::span<const AttackRecord> records) {
    for (const AttackRecord& record : records) {
      if (!record.counts()) continue;
      if (record.status == AttackStatus::success)
        successes_.push_back(&record);
      else
        ++failures_;
    }
  }
  Index count() const { return static_cast<Index>(successes_.size()); }
  Index failures() const { return failures_; }
  Index surviving() const {
    return std::count_if(successes_.begin(), successes_.end(),
                         [](const auto* r) { return r->survives_rounding; });
  }
  Spread spread(const Column& column) const {
    std::vector<double> values;
    for (const AttackRecord* record : successes_) values.push_back(column(*record));
    return spread_of(std::move(values), failures_);
  }

 private:
  std::vector<const AttackRecord*> successes_;
  Index failures_ = 0;
};

void spread_distances(AttackSummary& s, const Successes& of) {
  s.l0_features = of.spread([](const auto& r) { return static_cast<double>(r.distortion.l0_features); });
  s.l0_tolerant = of.spread([](const auto& r) { return static_cast<double>(r.distortion.l0_tolerant); });
  s.l0_pixels = of.spread([](const auto& r) { return static_cast<double>(r.distortion.l0_pixels); });
  s.l1 = of.spread([](const auto& r) { return r.distortion.l1; });
  s.l2 = of.spread([](const auto& r) { return r.distortion.l2; });
  s.linf = of.spread([](const auto& r) { return r.distortion.linf; });
  s.relative_l0 = of.spread([](const auto& r) { return r.distortion.relative_l0; });
  s.relative_l1 = of.spread([](const auto& r) { return r.distortion.relative_l1; });
  s.relative_l2 = of.spread([](const auto& r) { return r.distortion.relative_l2; });
  s.relative_linf = of.spread([](const auto& r) { return r.distortion.relative_linf; });
}

}  // namespace

double quantile_of_sorted(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  // without the test 0 * infinity, for a neighbour without weight, or infinity - infinity
  if (part == 0 || sorted[below] == sorted[below + 1]) return sorted[below];
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

Rate rate_of(Index hits, Index trials) {
  if (trials == 0) return {};
  const double n = static_cast<double>(trials), z = normal_quantile_of_95;
  const double p = static_cast<double>(hits) / n;
  const double centre = p + z * z / (2 * n);
  const double reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {.hits = hits,
          .trials = trials,
          .value = p,
          .low = hits == 0 ? 0 : (centre - reach) / scale,
          .high = hits == trials ? 1 : (centre + reach) / scale};
}

AttackSummary summarise(std::span<const AttackRecord> records) {
  const Successes successes(records);
  const auto images = static_cast<Index>(records.size());
  const Index correct = successes.count() + successes.failures();
  AttackSummary summary;
  summary.images = images;
  summary.clean_accuracy = rate_of(correct, images);
  summary.success = rate_of(successes.count(), correct);
  summary.robust_accuracy = rate_of(successes.failures(), images);
  summary.survives_rounding = rate_of(successes.surviving(), successes.count());
  for (const AttackRecord& record : records) {
    ++summary.by_status[static_cast<std::size_t>(record.status)];
    summary.fragile += record.fragile;
  }
  summary.zero_gradients =
      rate_of(std::ranges::count_if(
                  records, [](const AttackRecord& r) { return r.counts() && r.zero_gradient_share == 1; }),
              correct);
  summary.skipped = summary.count_of(AttackStatus::skipped_misclassified);
  spread_distances(summary, successes);
  summary.confidence = successes.spread([](const auto& r) { return r.adversarial_confidence; });
  summary.iterations = successes.spread([](const auto& r) { return static_cast<double>(r.iterations); });
  return summary;
}

AttackSummary summarise(const Outcome& outcome) {
  AttackSummary summary = summarise(std::span<const AttackRecord>(outcome.records));
  summary.crafting = outcome.crafting;
  summary.judging = outcome.judging;
  return summary;
}

}  // namespace weir
