#include "study/trace_film.h"

#include <algorithm>

#include "attacks/reading.h"
#include "study/data_uri.h"
#include "study/palette.h"
#include "study/trace_page.h"
#include "study/trace_pictures.h"
#include "study/trace_table.h"
#include "study/trace_words.h"

namespace weir {
namespace {

/// Pictures that are meant to be looked at closely bring their own enlargement: a printed page would blur
/// them.
constexpr Index close_up = 8;

std::string img(const RgbPicture& picture, const std::string& alternative) {
  return fmt::format("<img src=\"{}\" alt=\"{}\" width=\"{}\" height=\"{}\">", data_uri(picture),
                     escaped(alternative), picture.width, picture.height);
}

/// The classes worth a bar: label, answer and target, then the likeliest before and after.
std::vector<std::size_t> classes_to_compare(const Trace& trace) {
  constexpr std::size_t most_bars = 4;
  const std::vector<double> before = probabilities(trace.first()), after = probabilities(trace.last());
  std::vector<std::size_t> order(before.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  const auto weight = [&](std::size_t k) {
    const auto index = static_cast<std::int32_t>(k);
    const AttackRecord& record = trace.record;
    if (index == record.label) return 4.0;
    if (index == record.adversarial_class) return 3.0;
    return index == record.target ? 2.0 : std::max(before[k], after[k]);
  };
  std::ranges::stable_sort(order, std::greater{}, weight);
  order.resize(std::min(most_bars, order.size()));
  return order;
}

std::string bars(const TraceStep& step, const Trace& trace) {
  const std::vector<double> shares = probabilities(step);
  const std::int32_t answer = predicted_class(step.logits);
  std::string html = "<ul class=\"bars\">";
  for (const std::size_t k : classes_to_compare(trace)) {
    const auto index = static_cast<std::int32_t>(k);
    html += fmt::format(
        "<li{}><span class=\"what\">{}</span><span class=\"track\"><i "
        "style=\"width:{:.1f}%\"></i></span><span "
        "class=\"share\">{}</span></li>",
        index != answer               ? ""
        : index == trace.record.label ? " class=\"answer true\""
                                      : " class=\"answer\"",
        escaped(class_word(index, trace)), 100 * shares[k], percent(shares[k]));
  }
  return html + "</ul>";
}

std::string hero_figure(const std::string& name, const std::string& picture, const std::string& below) {
  return fmt::format("<figure><figcaption>{}</figcaption>{}{}</figure>", name, picture, below);
}

std::string_view why_blank(Index step, const Trace& trace) {
  if (step == 0) return "began elsewhere";
  return step + 1 == static_cast<Index>(trace.steps.size()) ? "no further step" : "none";
}

std::string frame(const Trace& trace, Index i, float gain) {
  const TraceStep& step = trace.steps[static_cast<std::size_t>(i)];
  const std::string when = step_word(i, trace), answer = answer_words(step, trace);
  const bool moved_on = predicted_class(step.logits) != trace.record.label;
  std::string html = fmt::format("<li{}><p class=\"when\">{}</p>", moved_on ? " class=\"fooled\"" : "", when);
  html += img(picture_of(step.image, trace), fmt::format("The picture at {}: {}", when, answer));
  html += step.gradient.empty() ? fmt::format("<span class=\"blank\">{}</span>", why_blank(i, trace))
                                : img(gradient_of(step, trace), fmt::format("The gradient at {}", when));
  html += img(perturbation_of(step, trace, gain),
              fmt::format("What was added by {}, {:g} times as strong", when, gain));
  const std::int32_t index = predicted_class(step.logits);
  return html + fmt::format("<p class=\"says\">{}<span>{}</span></p></li>\n",
                            escaped(class_word(index, trace)), percent(confidence_of(step.logits, index)));
}

std::string gradient_legend() {
  return fmt::format(
      "<p class=\"scale\"><span>darker helps the attack</span><i "
      "style=\"background:linear-gradient(to right,{},{},{})\"></i><span>brighter helps the "
      "attack</span></p>\n",
      signed_colour(-1), signed_colour(0), signed_colour(1));
}

std::string reading_aid(float gain) {
  return fmt::format(
      "<p class=\"note\">Top: the picture at this step. Middle: the gradient, the network's answer to the "
      "question “which way should each pixel go?”; the strongest {:.0f} % of the pixels have full colour. "
      "Bottom: all that was added so far, {:g} times as strong. Underneath: what the network sees; a dashed "
      "line means that it is no longer the true class.</p>\n",
      100 * (1 - gradient_saturation), gain);
}

constexpr std::string_view viewer =
    "<div class=\"viewer\" id=\"viewer\" hidden>\n"
    "<figure><img id=\"screen-0\" alt=\"\"><figcaption>picture</figcaption></figure>"
    "<figure><img id=\"screen-1\" alt=\"\"><figcaption>gradient</figcaption></figure>"
    "<figure><img id=\"screen-2\" alt=\"\"><figcaption>what was added</figcaption></figure>\n"
    "<output id=\"now\" for=\"slider\"></output>\n"
    "<p><label for=\"slider\">Move through the attack</label><input type=\"range\" id=\"slider\" min=\"0\" "
    "value=\"0\"></p></div>\n";

}  // namespace

std::string before_and_after(const Trace& trace) {
  const TraceStep &first = trace.first(), &last = trace.last();
  const float gain = perturbation_gain(trace);
  const auto close = [](const RgbPicture& picture) { return enlarged(picture, close_up); };
  return "<div class=\"before-after\">" +
         hero_figure("Original",
                     img(close(picture_of(first.image, trace)),
                         fmt::format("The original picture: {}", answer_words(first, trace))),
                     bars(first, trace)) +
         hero_figure(trace.record.status == AttackStatus::success ? "Adversarial" : "After the attack",
                     img(close(picture_of(last.image, trace)),
                         fmt::format("The attacked picture: {}", answer_words(last, trace))),
                     bars(last, trace)) +
         hero_figure(fmt::format("Difference, {:g} ×", gain),
                     img(close(perturbation_of(last, trace, gain)),
                         fmt::format("What was added, {:g} times as strong, on grey", gain)),
                     fmt::format("<p class=\"note\">What the attack added, {:g} times as strong. Grey is no "
                                 "change at all.</p>",
                                 gain)) +
         "</div>\n";
}

std::string film_strip(const Trace& trace) {
  const float gain = perturbation_gain(trace);
  std::string html =
      std::string(viewer) + reading_aid(gain) + gradient_legend() + "<ol class=\"film\" id=\"film\">\n";
  for (const Index i : telling_steps(trace, most_shown_steps)) html += frame(trace, i, gain);
  return html + "</ol>\n";
}

}  // namespace weir
