#include "study/trace_words.h"

#include <array>
#include <fmt/format.h>

#include "attacks/reading.h"
#include "data/cifar.h"
#include "data/wording.h"

namespace weir {
namespace {

constexpr std::string_view nothing = "nothing";  // what a network sees whose logits are NaN
constexpr double grey_levels_per_unit = 127.5;   // data units are [-1, 1]

std::string why_it_failed(AttackStatus status) {
  switch (status) {
    case AttackStatus::fail_no_pair:
      return "no pair of values was left that would have helped";
    case AttackStatus::fail_zero_gradient:
      return "the gradient was zero, so there was no direction to go";
    case AttackStatus::fail_nan:
      return "a number on the way was not finite";
    case AttackStatus::skipped_misclassified:
    case AttackStatus::success:
    case AttackStatus::fail_budget:
      break;
  }
  return "its steps were used up";
}

std::string what_changed(const Trace& trace) {
  const Distortion& moved = trace.last().moved;
  if (moved.l0_features == 0) return "left the picture as it was";
  return fmt::format("changed {} of the picture's {} values, none by more than {:.3g} of 255 grey levels",
                     with_commas(moved.l0_features), with_commas(trace.first().image.size()),
                     grey_levels_per_unit * moved.linf);
}

}  // namespace

std::string class_word(std::int32_t index, std::size_t classes) {
  if (index == no_class) return std::string(nothing);
  const auto k = static_cast<std::size_t>(index);
  return classes == class_names.size() && k < classes ? std::string(class_names[k])
                                                      : fmt::format("class {}", index);
}

std::string class_word(std::int32_t index, const Trace& trace) {
  return class_word(index, trace.first().logits.size());
}

std::string with_article(const std::string& noun) {
  if (noun == nothing) return noun;
  const bool vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

std::string percent(double share) {
  constexpr double nearly = 0.9995;
  if (share >= nearly) return "over 99.9 %";
  if (share <= 1 - nearly) return "under 0.1 %";
  return fmt::format("{:.1f} %", 100 * share);
}

std::string answer_words(const TraceStep& step, const Trace& trace) {
  const std::int32_t answer = predicted_class(step.logits);
  return fmt::format("{} {}", class_word(answer, trace), percent(confidence_of(step.logits, answer)));
}

std::string step_word(Index step, const Trace& trace) {
  const Index taken = trace.taken(step);
  if (taken < 0) return "original";
  if (taken == 0) return "start";
  const bool last = step + 1 == static_cast<Index>(trace.steps.size());
  return last ? fmt::format("end ({})", taken) : fmt::format("step {}", taken);
}

std::string trace_title(const Trace& trace) {
  const std::string before = with_article(class_word(trace.record.label, trace));
  const std::string after = with_article(class_word(trace.record.adversarial_class, trace));
  if (trace.record.status == AttackStatus::success) return fmt::format("How {} became {}", before, after);
  if (before != after) return fmt::format("How {} became {}, which was not the aim", before, after);
  return fmt::format("The {} that stayed {}", class_word(trace.record.label, trace), before);
}

std::string trace_sentence(const Trace& trace, const std::string& attack, const std::string& network) {
  const AttackRecord& record = trace.record;
  const std::string before = with_article(class_word(record.label, trace)),
                    after = with_article(class_word(record.adversarial_class, trace));
  const std::string confidence =
      percent(confidence_of(trace.last().logits, predicted_class(trace.last().logits)));
  std::string text = fmt::format("The network {} was {} sure that this is {}. In {}, {} {}. ", network,
                                 percent(record.clean_confidence), before,
                                 count_of(record.iterations, "step"), attack, what_changed(trace));
  if (record.status == AttackStatus::success)
    return text + fmt::format("Now the network is {} sure that it sees {}.", confidence, after);
  if (record.adversarial_class == no_class)
    return text + "Then the network's answer was not a number, so the attack failed.";
  return text + fmt::format("The network sees {} ({}), so the attack failed: {}.", after, confidence,
                            why_it_failed(record.status));
}

std::string feature_words(Index index, const Trace& trace) {
  constexpr std::array<std::string_view, 3> colours{"red", "green", "blue"};
  const Index area = trace.size.area(), channel = index / area, at = index % area;
  const std::string place = fmt::format("x {}, y {}", at % trace.size.width, at / trace.size.width);
  return trace.channels == 3 ? fmt::format("{}, {}", place, colours[static_cast<std::size_t>(channel)])
                             : place;
}

}  // namespace weir
