#include "apps/masking_report.h"

#include <fmt/format.h>

#include "attacks/registry.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr const char* consequence =
    "  = note: accuracy under this attack overstates robustness (gradient masking)\n";

std::string line(const char* label, const Rate& rate) {
  return fmt::format("  {:<42} {:6.2f} %  ({} of {})\n", label, 100 * rate.value, rate.hits, rate.trials);
}

std::string figures(const MaskingDiagnosis& d) {
  std::string text = fmt::format("gradient masking, eps {}:\n", distance_in_both_units(d.options.eps));
  text += line("gradient zero by underflow", d.vanished);
  text += fmt::format("  {:<42} {:6.2f} %\n", "signs changed by underflow", 100 * d.sign_disagreement);
  text += line("fooled by one step", d.one_step);
  text += line(fmt::format("fooled by {} steps", d.options.iterations).c_str(), d.many_steps);
  text += line("fooled by as many on the logits' margin", d.on_logits);
  text += line("fooled by random signs", d.noise);
  return text + line("loss no higher after all steps", d.not_rising);
}

/// Whether the attack, told what it was told, would take scaled seeds, too, and climb anything that they make
/// a difference to.
bool could_be_scaled(const Attack& attack) {
  OptionTexts texts;
  for (const Setting& setting : attack.settings()) texts[setting.name] = setting.value;
  const auto scale = texts.find("seed-scale"), loss = texts.find("loss");
  if (scale == texts.end() || scale->second == "scaled" || (loss != texts.end() && loss->second != "ce"))
    return false;
  scale->second = "scaled";
  try {
    return make_attack(attack.name(), texts) != nullptr;
  } catch (const Error&) {
    return false;  // not together with its other options
  }
}

std::string_view remedy_for(const Attack& attack) {
  return could_be_scaled(attack) ? "`--seed-scale scaled` finds gradients that underflow hides"
                                 : "no gradient to follow: try images that fool other networks, with "
                                   "`weir transfer`";
}

}  // namespace

std::string masking_warnings(const Attack& attack, const Rate& zero_gradients,
                             const std::optional<MaskingDiagnosis>& diagnosis) {
  std::string text;
  if (diagnosis) text += figures(*diagnosis);
  if (zero_gradients.hits > 0)
    text += fmt::format("warning[W0510]: input gradient is exactly 0 for {} of {} images\n{}  = help: {}\n",
                        zero_gradients.hits, zero_gradients.trials, consequence, remedy_for(attack));
  if (!diagnosis) return text;
  for (const std::string& sign : signs_of_masking(*diagnosis))
    text += fmt::format("warning[W0511]: {}\n{}", sign, consequence);
  return text;
}

}  // namespace weir
