#include "tests/study/synthetic_trace.h"

#include <algorithm>
#include <cmath>

#include "attacks/reading.h"

namespace weir {
namespace {

constexpr std::int32_t cat = 3, dog = 5;
constexpr Index side = 32, volume = 3 * side * side, layer_count = 4;

/// Looks irregular, in [-0.5, 0.5).
double noise(Index index, Index stream) {
  constexpr Index period = 101, stride = 37;
  return static_cast<double>((stride * index * index + 11 * stream + index) % period) / period - 0.5;
}

std::vector<float> original() {
  std::vector<float> image;
  for (Index i = 0; i < volume; ++i)
    image.push_back(static_cast<float>(0.8 * std::sin(0.2 * static_cast<double>(i % side)) *
                                       std::cos(0.15 * static_cast<double>(i / side % side))));
  return image;
}

std::vector<double> logits(double dog_leads_by) {
  std::vector<double> z;
  for (Index k = 0; k < 10; ++k) z.push_back(-2 + noise(k, 1));
  z[cat] = 3 - dog_leads_by / 2;
  z[dog] = 3 + dog_leads_by / 2;
  return z;
}

FeaturePair pair_of_step(Index step) {
  return {.first = (97 * step) % volume, .second = (97 * step + 1033) % volume};
}

TraceStep step_of(Index step, const SyntheticTraceOptions& options) {
  TraceStep now{.image = original(), .logits = logits(static_cast<double>(step - options.fooled_from) + 0.5)};
  now.objective = 0.1 * static_cast<double>(step);
  for (Index i = 0; i < volume; ++i) {
    if (!options.pairs)
      now.image[static_cast<std::size_t>(i)] += static_cast<float>(0.002 * step * (noise(i, 2) > 0 ? 1 : -1));
    now.gradient.push_back(static_cast<float>(noise(i, 3 + step)));
  }
  if (options.pairs) {
    for (Index before = 0; before < step; ++before)
      for (const Index feature : {pair_of_step(before).first, pair_of_step(before).second})
        now.image[static_cast<std::size_t>(feature)] += 0.1f;
    now.chosen = pair_of_step(step);
  }
  for (Index k = 0; k < layer_count; ++k) {
    now.iip.push_back(0.5 - 0.1 * static_cast<double>(k) - 0.002 * static_cast<double>(step));
    now.oip.push_back(0.1 + 0.1 * static_cast<double>(k) - 0.004 * static_cast<double>(step * k));
  }
  return now;
}

}  // namespace

Trace synthetic_trace(const SyntheticTraceOptions& options) {
  Trace trace{.channels = 3, .size = {.height = side, .width = side}};
  for (Index step = 0; step <= options.steps; ++step) trace.steps.push_back(step_of(step, options));
  TraceStep& last = trace.steps.back();
  last.gradient.clear();
  last.objective.reset();
  last.chosen = {};
  const std::vector<double> before(trace.first().image.begin(), trace.first().image.end());
  for (TraceStep& step : trace.steps) {
    step.moved = measure(before, std::vector<double>(step.image.begin(), step.image.end()), {.channels = 3});
    step.drift = {distance(step.iip, trace.first().iip), distance(step.oip, trace.first().oip)};
  }
  for (Index k = 0; k < layer_count; ++k)
    trace.layers.push_back({.name = fmt::format("conv{}", k + 1), .channels = 8, .size = {16, 16}});
  const std::int32_t answer = predicted_class(last.logits);
  trace.record = {.id = 21,
                  .label = cat,
                  .clean_class = cat,
                  .clean_confidence = confidence_of(trace.first().logits, cat),
                  .status = answer == cat ? AttackStatus::fail_budget : AttackStatus::success,
                  .adversarial_class = answer,
                  .adversarial_confidence = confidence_of(last.logits, answer),
                  .iterations = options.steps,
                  .forwards = options.steps,
                  .backwards = options.steps,
                  .rounded_class = answer,
                  .survives_rounding = answer != cat};
  return trace;
}

TraceHeading synthetic_heading() {
  return {.attack = "igsm",
          .settings = {{"eps", "0.025"}},
          .network = "made-up <net>",
          .image = "image 21 of nowhere",
          .command = "weir trace igsm good-init --image 21",
          .environment = {{"Weir", "0.0"}}};
}

}  // namespace weir
