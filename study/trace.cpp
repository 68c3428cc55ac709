#include "study/trace.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "attacks/reading.h"
#include "infoflow/tracer.h"

namespace weir {
namespace {

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

/// Listens to an attack on one image.
class Recorder {
 public:
  void note(const AttackStep& step) {
    side_by_side_ |= step.rows.size() > 1;
    if (side_by_side_) return;
    TraceStep now{.image = step.images.to_host(), .logits = step.logits.to_host_double()};
    if (!all_finite(now.logits)) return;
    if (step.gradient.defined() && all_finite(step.gradient.to_host_double()))
      now.gradient = step.gradient.to_host();
    if (!step.objective.empty()) now.objective = step.objective[0];
    if (!step.chosen.empty()) now.chosen = step.chosen[0];
    steps_.push_back(std::move(now));
  }
  AttackObserver observer() {
    return [this](const AttackStep& step) { note(step); };
  }

  /// Whether one image was attacked towards several targets at once.
  bool side_by_side() const { return side_by_side_; }
  std::vector<TraceStep>& steps() { return steps_; }

 private:
  std::vector<TraceStep> steps_;
  bool side_by_side_ = false;
};

/// The iterates of the attack. Among targets that race, those of the winner, from a run of its own.
std::vector<TraceStep> iterates_of(const Attack& attack, Evaluator& evaluator, const AttackTask& task,
                                   Outcome& outcome) {
  Recorder recorder;
  outcome = attack(evaluator, task, recorder.observer());
  if (!recorder.side_by_side()) return std::move(recorder.steps());
  const std::int32_t winner = outcome.records[0].target;
  expects(winner != no_class, "the attack ran towards several targets and chose none: name one to trace");
  AttackTask alone = task;
  alone.targets = Labels::from_host(std::span(&winner, 1), task.truth.device());
  Recorder second;
  attack(evaluator, alone, second.observer());
  return std::move(second.steps());
}

TraceStep asked_again(Evaluator& judge, const Tensor& image) {
  return {.image = image.to_host(), .logits = judge.logits(image.to(judge.device())).to_host_double()};
}

/// An answer that is no number has nothing to show: the trace then ends with the last that is one.
void end_with(Trace& trace, TraceStep judged) {
  if (!all_finite(judged.logits)) return;
  if (trace.last().image == judged.image)  // attacks that stop where they see success ask about it themselves
    trace.steps.back().logits = std::move(judged.logits);
  else
    trace.steps.push_back(std::move(judged));
}

void measure_distances(Trace& trace, Range pixels) {
  const double width = static_cast<double>(pixels.high) - pixels.low;
  const MeasureOptions options{.channels = trace.channels, .tolerance = tolerant_share_of_range * width};
  const std::vector<double> original(trace.first().image.begin(), trace.first().image.end());
  for (TraceStep& step : trace.steps)
    step.moved = measure(original, std::vector<double>(step.image.begin(), step.image.end()), options);
}

Tensor images_of(const Trace& trace, RowRange steps, Device& device) {
  std::vector<float> values;
  for (Index i = steps.first; i < steps.first + steps.count; ++i) {
    const std::vector<float>& image = trace.steps[static_cast<std::size_t>(i)].image;
    values.insert(values.end(), image.begin(), image.end());
  }
  return Tensor::from_host(values, {steps.count, trace.channels, trace.size.height, trace.size.width},
                           device);
}

void measure_paths(Trace& trace, Evaluator& evaluator, const TraceProgress& progress) {
  const auto total = static_cast<Index>(trace.steps.size());
  const Index rows_at_a_time = rows_that_fill(evaluator.device());
  for (Index first = 0; first < total; first += rows_at_a_time) {
    if (progress) progress(first, total);
    const Index count = std::min(rows_at_a_time, total - first);
    std::vector<Path> paths =
        information_paths(evaluator, images_of(trace, {first, count}, evaluator.device()));
    for (Index i = 0; i < count; ++i) {
      TraceStep& step = trace.steps[static_cast<std::size_t>(first + i)];
      Path& path = paths[static_cast<std::size_t>(i)];
      step.iip = std::move(path.iip);
      step.oip = std::move(path.oip);
      step.drift = {distance(step.iip, trace.first().iip), distance(step.oip, trace.first().oip)};
    }
    if (first == 0) trace.layers = std::move(paths[0].layers);
  }
}

}  // namespace

std::optional<Index> Trace::first_fooled() const {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int32_t answer = predicted_class(steps[i].logits);
    if (record.target == no_class ? answer != record.label : answer == record.target)
      return static_cast<Index>(i);
  }
  return std::nullopt;
}

Trace trace_attack(const Attack& attack, Evaluator& evaluator, const AttackTask& task,
                   const TraceProgress& progress) {
  expects(task.images.defined() && task.images.shape().rank() == 4 && task.images.rows() == 1,
          "a trace is of one image [1, C, H, W]");
  const Shape& shape = task.images.shape();
  Trace trace{.channels = shape[1], .size = {.height = shape[2], .width = shape[3]}};
  Outcome outcome;
  trace.steps = iterates_of(attack, evaluator, task, outcome);
  trace.record = outcome.records[0];
  expects(trace.record.counts(),
          "the network takes the image for class {}, its label is {}: nothing to attack",
          trace.record.clean_class, trace.record.label);

  Evaluator& judge = task.judge ? *task.judge : evaluator;
  TraceStep clean = asked_again(judge, task.images);
  trace.begins_elsewhere = !trace.steps.empty() && trace.first().image != clean.image;
  if (trace.steps.empty() || trace.begins_elsewhere)
    trace.steps.insert(trace.steps.begin(), std::move(clean));
  end_with(trace, asked_again(judge, outcome.images));
  measure_distances(trace, task.pixels);
  measure_paths(trace, evaluator, progress);
  return trace;
}

std::vector<Index> telling_steps(const Trace& trace, Index most) {
  const auto total = static_cast<Index>(trace.steps.size());
  std::set<Index> told{0, total - 1};
  if (const auto fooled = trace.first_fooled()) told.insert({std::max<Index>(*fooled - 1, 0), *fooled});
  const Index free = std::min(most, total) - static_cast<Index>(told.size());
  for (Index i = 1; i <= free; ++i) {
    Index step = i * (total - 1) / (free + 1);
    while (told.contains(step)) step = (step + 1) % total;
    told.insert(step);
  }
  return {told.begin(), told.end()};
}

}  // namespace weir
