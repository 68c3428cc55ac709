#include "study/trace_charts.h"

#include <algorithm>
#include <cmath>

#include "attacks/reading.h"
#include "study/trace_table.h"
#include "study/trace_words.h"

namespace weir {
namespace {

std::string iterations(const Trace& trace) {
  return trace.begins_elsewhere ? "iteration (0: the start; −1: the original)" : "iteration";
}

/// One value of every step.
template <class Value>
std::vector<ChartPoint> over_steps(const Trace& trace, Value value_of) {
  std::vector<ChartPoint> points;
  for (std::size_t i = 0; i < trace.steps.size(); ++i)
    points.push_back({static_cast<double>(trace.taken(static_cast<Index>(i))), value_of(trace.steps[i])});
  return points;
}

/// Thin where many iterations crowd a chart.
double bold(const Trace& trace) {
  constexpr std::size_t crowd = 150;
  return trace.steps.size() > crowd ? 1.4 : 3;
}

/// How a class is drawn: those of the story stand out.
ChartLine line_of_class(std::int32_t index, const Trace& trace) {
  const AttackRecord& record = trace.record;
  const std::string name = class_word(index, trace);
  if (index == record.label) return {.name = name, .colour = "var(--normal)", .width = bold(trace)};
  if (index == record.adversarial_class) return {.name = name, .colour = "var(--fgsm)", .width = bold(trace)};
  if (index == record.target)
    return {.name = name, .colour = "var(--igsm)", .width = bold(trace), .dash = Dash::dashed};
  return {.colour = "var(--rule)", .width = 1.2};
}

bool in_the_story(const ChartLine& line) { return !line.name.empty(); }

/// Where the leading logit meets that of the class that the attack wins with, between two iterations.
std::optional<ChartMark> crossing(const Trace& trace) {
  const auto fooled = trace.first_fooled();
  if (!fooled || *fooled == 0) return std::nullopt;
  const TraceStep& before = trace.steps[static_cast<std::size_t>(*fooled - 1)];
  const TraceStep& after = trace.steps[static_cast<std::size_t>(*fooled)];
  const std::int32_t leader = predicted_class(before.logits), taker = predicted_class(after.logits);
  const auto lead = [&](const TraceStep& step) {
    return step.logits[static_cast<std::size_t>(leader)] - step.logits[static_cast<std::size_t>(taker)];
  };
  const bool stays = std::ranges::none_of(
      trace.steps.begin() + *fooled, trace.steps.end(),
      [&](const TraceStep& step) { return predicted_class(step.logits) == trace.record.label; });
  const double share = lead(before) / (lead(before) - lead(after));
  const Index taken = trace.taken(*fooled);
  const std::string when = taken == 0 ? "the start" : fmt::format("step {}", taken);
  return ChartMark{.x = static_cast<double>(taken - 1) + share,
                   .words = fmt::format(fmt::runtime(stays ? "{} from {}" : "first {} at {}"),
                                        class_word(taker, trace), when)};
}

/// A line for each class, the story's last so that they lie on top.
template <class Value>
std::vector<ChartLine> lines_of_classes(const Trace& trace, Value value_of) {
  std::vector<ChartLine> others, story;
  for (std::size_t k = 0; k < trace.first().logits.size(); ++k) {
    ChartLine line = line_of_class(static_cast<std::int32_t>(k), trace);
    line.points = over_steps(trace, [&](const TraceStep& step) { return value_of(step, k); });
    (in_the_story(line) ? story : others).push_back(std::move(line));
  }
  others.insert(others.end(), story.begin(), story.end());
  return others;
}

/// How the two paths look where both are in one chart.
ChartLine input_line(double width) { return {.name = "IIP", .colour = "var(--igsm)", .width = width}; }
ChartLine output_line(double width) {
  return {.name = "OIP", .colour = "var(--jsma)", .width = width, .dash = Dash::dashed};
}

std::string from_to(const Trace& trace, std::int32_t index) {
  const auto k = static_cast<std::size_t>(index);
  return fmt::format("{} from {:.2f} to {:.2f}", class_word(index, trace), trace.first().logits[k],
                     trace.last().logits[k]);
}

}  // namespace

std::string step_colour(double share) {
  return fmt::format("var(--step-{})", std::lround(share * (step_colours - 1)));
}

LineChart logit_chart(const Trace& trace) {
  const AttackRecord& record = trace.record;
  const std::optional<ChartMark> mark = crossing(trace);
  return {
      .title = "Logits",
      .x_label = iterations(trace),
      .y_label = "the score of each class",
      .alternative =
          fmt::format("Line chart of the logits by iteration: {}, {}; {}.", from_to(trace, record.label),
                      from_to(trace, predicted_class(trace.last().logits)),
                      mark ? mark->words : "the answer never changes"),
      .x_ticks = Ticks::whole,
      .lines = lines_of_classes(trace, [](const TraceStep& step, std::size_t k) { return step.logits[k]; }),
      .mark = mark};
}

LineChart confidence_chart(const Trace& trace) {
  LineChart chart{
      .title = "Confidence",
      .x_label = iterations(trace),
      .y_label = "probability, in %",
      .alternative = fmt::format("Line chart of probabilities by iteration, from {} to {}.",
                                 answer_words(trace.first(), trace), answer_words(trace.last(), trace)),
      .x_ticks = Ticks::whole,
      .lines = lines_of_classes(trace,
                                [](const TraceStep& step, std::size_t k) {
                                  constexpr double percent_of_one = 100;
                                  return percent_of_one *
                                         confidence_of(step.logits, static_cast<std::int32_t>(k));
                                }),
      .mark = crossing(trace)};
  return chart;
}

LineChart path_chart(const Trace& trace, PathKind kind) {
  const bool input = kind == PathKind::input;
  LineChart chart{.title = input ? "With the picture (IIP)" : "With the last conv layer (OIP)",
                  .x_label = "conv layer",
                  .y_label = "shared information, nats",
                  .alternative = fmt::format(
                      "Line chart of the {} information path over {} conv layers, one line for each "
                      "of some steps; the last is {:.4f} nats from the first.",
                      input ? "input" : "output", trace.layers.size(),
                      input ? trace.last().drift.iip : trace.last().drift.oip),
                  .x_ticks = Ticks::whole};
  const auto last = static_cast<double>(std::max<std::size_t>(trace.steps.size(), 2) - 1);
  for (const Index i : telling_steps(trace, step_colours)) {
    const TraceStep& step = trace.steps[static_cast<std::size_t>(i)];
    const std::vector<double>& path = input ? step.iip : step.oip;
    const bool end = &step == &trace.first() || &step == &trace.last();
    ChartLine line{.colour = step_colour(static_cast<double>(i) / last), .width = end ? 3.0 : 1.6};
    for (std::size_t k = 0; k < path.size(); ++k)
      line.points.push_back({static_cast<double>(k + 1), path[k]});
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

LineChart change_chart(const Trace& trace) {
  LineChart chart{.title = "Change, layer by layer",
                  .x_label = "conv layer",
                  .y_label = "end minus start, nats",
                  .alternative = fmt::format("Line chart of the change of both paths over {} conv layers.",
                                             trace.layers.size()),
                  .x_ticks = Ticks::whole,
                  .lines = {{.colour = "var(--rule)", .width = 1.2}, input_line(3), output_line(3)}};
  const TraceStep &first = trace.first(), &last = trace.last();
  for (std::size_t k = 0; k < trace.layers.size(); ++k) {
    const auto x = static_cast<double>(k + 1);
    chart.lines[0].points.push_back({x, 0});
    chart.lines[1].points.push_back({x, last.iip[k] - first.iip[k]});
    chart.lines[2].points.push_back({x, last.oip[k] - first.oip[k]});
  }
  return chart;
}

LineChart drift_chart(const Trace& trace) {
  LineChart chart{
      .title = "Distance from the start",
      .x_label = iterations(trace),
      .y_label = "mean over layers, nats",
      .alternative = fmt::format("Line chart of both paths' distance from the original by iteration; "
                                 "at the end IIP {:.4f}, OIP {:.4f} nats.",
                                 trace.last().drift.iip, trace.last().drift.oip),
      .x_ticks = Ticks::whole,
      .lines = {input_line(bold(trace)), output_line(bold(trace))}};
  chart.lines[0].points = over_steps(trace, [](const TraceStep& step) { return step.drift.iip; });
  chart.lines[1].points = over_steps(trace, [](const TraceStep& step) { return step.drift.oip; });
  return chart;
}

}  // namespace weir
