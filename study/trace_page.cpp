#include "study/trace_page.h"

#include <fmt/format.h>

#include "attacks/options.h"
#include "attacks/reading.h"
#include "data/wording.h"
#include "study/attack_words.h"
#include "study/pair_map.h"
#include "study/palette.h"
#include "study/trace_charts.h"
#include "study/trace_film.h"
#include "study/trace_style.h"
#include "study/trace_words.h"

namespace weir {
namespace {

std::string note(std::string_view words) { return fmt::format("<p class=\"note\">{}</p>\n", escaped(words)); }

std::string panel(const LineChart& chart, std::string_view words) {
  return "<figure>" + to_svg(chart) + note(words) + "</figure>\n";
}

bool some_left_out(const Trace& trace) { return static_cast<Index>(trace.steps.size()) > most_shown_steps; }

Section film_section(const Trace& trace, const AttackWords& attack) {
  std::string words = attack.explanation;
  if (some_left_out(trace))
    words += fmt::format(" Of its {} pictures, {} are shown; trace.csv has all of them.", trace.steps.size(),
                         most_shown_steps);
  return {.id = "steps", .heading = "Step by step", .introduction = words, .html = film_strip(trace)};
}

Section pairs_section(const std::string& map) {
  return {.id = "pairs",
          .heading = "Where it was changed",
          .introduction =
              "Each step changed two values of the picture. A square marks a pixel of which a value "
              "was changed; its number is the step that came first, and squares turn from black "
              "to orange as the attack goes on.",
          .html = map};
}

Section answers_section(const Trace& trace) {
  return {.id = "answers",
          .heading = "What the network says",
          .introduction =
              "A network gives every class a score, its logit, and answers with the class whose score "
              "is highest. Where two lines cross, the answer changes.",
          .html = "<div class=\"panels two\">" +
                  panel(logit_chart(trace),
                        "Named: the true class and the answer at the end. Thin lines: all other classes. The "
                        "dotted line marks where the lead changes hands.") +
                  panel(confidence_chart(trace),
                        "The same scores as probabilities, by the softmax. Small steps of the scores become "
                        "large ones of the confidence.") +
                  "</div>\n"};
}

Section paths_section(const Trace& trace) {
  const std::string legend =
      "<p class=\"scale\"><span>original</span><i class=\"ramp\"></i><span>end of the attack</span></p>\n";
  return {
      .id = "paths",
      .heading = "How the information flows",
      .introduction =
          "How much does a layer know? For every conv layer: the information that its maps "
          "share with the picture that went in (the input path, IIP) and with the maps of the "
          "last conv layer (the output path, OIP). If the lines move, the attack has changed "
          "what the layers carry, not only the answer. Levels depend on how the information is estimated "
          "(from few pixels, in eight buckets); differences between steps say more.",
      .html =
          legend + "<div class=\"panels two\">" +
          panel(path_chart(trace, PathKind::input),
                "One line a step, from black to orange: how much of the picture is still in each layer.") +
          panel(path_chart(trace, PathKind::output),
                "The same with the last layer: how much of what decides is already there.") +
          panel(change_chart(trace),
                "Last picture minus first: where in the network the attack has moved the two paths. "
                "Zero is no change.") +
          panel(drift_chart(trace),
                "How far the two paths are from where they began, on average over the layers.") +
          "</div>\n"};
}

std::string table_row(const Trace& trace, Index i) {
  const TraceStep& step = trace.steps[static_cast<std::size_t>(i)];
  const std::int32_t answer = predicted_class(step.logits);
  const auto cell = [](const std::string& text) { return fmt::format("<td>{}</td>", text); };
  return fmt::format("<tr{}>", answer == trace.record.label ? "" : " class=\"fooled\"") +
         cell(step_word(i, trace)) + cell(escaped(class_word(answer, trace))) +
         cell(percent(confidence_of(step.logits, answer))) +
         cell(percent(confidence_of(step.logits, trace.record.label))) +
         cell(step.objective ? fmt::format("{:.4g}", *step.objective) : "") +
         cell(fmt::format("{}", step.moved.l0_features)) + cell(fmt::format("{:.4f}", step.moved.l2)) +
         cell(fmt::format("{:.4f}", step.moved.linf)) + cell(fmt::format("{:.4f}", step.drift.iip)) +
         cell(fmt::format("{:.4f}", step.drift.oip)) + "</tr>\n";
}

Section numbers_section(const Trace& trace) {
  std::string html = fmt::format(
      "<div class=\"numbers\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the "
      "steps\"><table><thead><tr><th>step</th><th>sees</th><th>confidence</th>"
      "<th>in “{}”</th><th>objective</th><th>l0</th><th>l2</th><th>l∞</th><th>IIP moved</th><th>OIP "
      "moved</th>"
      "</tr></thead><tbody>\n",
      escaped(class_word(trace.record.label, trace)));
  for (const Index i : telling_steps(trace, most_shown_steps)) html += table_row(trace, i);
  html += "</tbody></table></div>\n";
  return {
      .id = "numbers",
      .heading = "The numbers",
      .html = html + note("objective: what the attack climbs. l0: values that differ from the original; l2: "
                          "the Euclidean length of the change; l∞: its largest part; in data units, where "
                          "black is -1 and white is 1. IIP and OIP moved: distance of the information paths "
                          "from those of the original, in nats. More digits, every logit and every step "
                          "are in trace.csv; paths.csv has the paths layer by layer.")};
}

std::string in_words(const std::vector<Setting>& settings) {
  std::vector<std::string> words;
  for (const Setting& setting : settings) words.push_back(setting.name + " " + setting.value);
  return fmt::format("{}", fmt::join(words, ", "));
}

Section again_section(const TraceHeading& heading) {
  std::vector<Fact> facts{{"Settings of the attack", in_words(heading.settings)}};
  facts.insert(facts.end(), heading.environment.begin(), heading.environment.end());
  return {
      .id = "again",
      .heading = "Make it again",
      .html = fmt::format("<pre>{}</pre>\n", escaped(heading.command)) +
              note("The same command on the same machine, libraries and build makes this page again, byte "
                   "for byte. Its charts are drawn by Weir itself; the pictures lie beside it as PNGs, and "
                   "manifest.json has the fingerprint of every file.") +
              to_html(facts)};
}

std::string after_rounding(const Trace& trace) {
  const AttackRecord& record = trace.record;
  if (record.status != AttackStatus::success) return "not judged: the attack failed";
  const std::string answer = with_article(class_word(record.rounded_class, trace));
  return record.survives_rounding ? fmt::format("still {}", answer)
                                  : fmt::format("back to {}: the change was too small for a file", answer);
}

std::vector<Fact> facts_of(const Trace& trace, const TraceHeading& heading, const std::string& title) {
  const AttackRecord& record = trace.record;
  std::vector<Fact> facts{{"Attack", title}, {"Network", heading.network}, {"Picture", heading.image}};
  if (record.target != no_class) facts.push_back({"Aim", class_word(record.target, trace)});
  facts.push_back({"Questions to the network", fmt::format("{}, {}", count_of(record.forwards, "answer"),
                                                           count_of(record.backwards, "gradient"))});
  facts.push_back({"Saved as an 8-bit picture", after_rounding(trace)});
  return facts;
}

}  // namespace

std::string trace_page(const Trace& trace, const TraceHeading& heading) {
  const AttackWords attack = words_of_attack(heading.attack);
  Page page{.title = trace_title(trace),
            .lead = trace_sentence(trace, attack.title, heading.network),
            .kicker = "Weir · watching an attack",
            .facts = facts_of(trace, heading, attack.title),
            .sections = {film_section(trace, attack)},
            .hero = before_and_after(trace),
            .style = trace_style(),
            .script = std::string(trace_script())};
  if (const std::string map = map_of_pairs(trace); !map.empty()) page.sections.push_back(pairs_section(map));
  for (Section section :
       {answers_section(trace), paths_section(trace), numbers_section(trace), again_section(heading)})
    page.sections.push_back(std::move(section));
  return render(page);
}

}  // namespace weir
