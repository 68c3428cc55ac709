#include "apps/benchmark/measure.h"

#include <chrono>

#include "study/statistics.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

Timing timing_of(std::vector<double> samples) {
  const double median = quantile(samples, 0.5);
  const double spread = (quantile(samples, 0.75) - quantile(samples, 0.25)) / 2;
  return {.median = median, .spread = spread, .samples = static_cast<int>(samples.size())};
}

std::vector<Timing> measure(const std::vector<std::function<void()>>& ways, const TurnOptions& options) {
  for (const auto& way : ways) way();
  std::vector<std::vector<double>> samples(ways.size());
  const double budget = options.seconds * 1e3 * static_cast<double>(ways.size());
  const Clock::time_point start = Clock::now();
  for (int round = 0; round < options.least_samples || milliseconds_since(start) < budget; ++round)
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const Clock::time_point begin = Clock::now();
      ways[i]();
      samples[i].push_back(milliseconds_since(begin));
    }
  std::vector<Timing> timings;
  for (auto& of_way : samples) timings.push_back(timing_of(std::move(of_way)));
  return timings;
}

}  // namespace weir
