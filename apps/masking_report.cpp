#include "apps/masking_report.h"

#include <fmt/format.h>

#include "attacks/options.h"

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

}  // namespace

std::string masking_warnings(const Rate& zero_gradients, const std::optional<MaskingDiagnosis>& diagnosis) {
  std::string text;
  if (diagnosis) text += figures(*diagnosis);
  if (zero_gradients.hits > 0) {
    text += fmt::format("warning[W0510]: input gradient is exactly 0 for {} of {} images\n",
                        zero_gradients.hits, zero_gradients.trials);
    text += consequence;
    text += diagnosis ? "  = help: `--seed-scale scaled`, or `weir attack pgd --loss margin`\n"
                      : "  = help: `--diagnose` says more; `--seed-scale scaled` finds such gradients\n";
  }
  if (!diagnosis) return text;
  for (const std::string& sign : signs_of_masking(*diagnosis))
    text += fmt::format("warning[W0511]: {}\n{}", sign, consequence);
  return text;
}

}  // namespace weir
