#include "apps/attack_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/progress.h"
#include "attacks/registry.h"
#include "data/json_dump.h"
#include "data/wording.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN or infinity: a mean over no successes is null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json as_json(const Rate& rate) {
  return {{"hits", rate.hits},
          {"trials", rate.trials},
          {"value", rate.value},
          {"interval_95", {rate.low, rate.high}}};
}

Json as_json(const Spread& spread) {
  return {{"mean", number(spread.mean)},
          {"lower_quartile", number(spread.lower_quartile)},
          {"median", number(spread.median)},
          {"upper_quartile", number(spread.upper_quartile)},
          {"median_with_failures", number(spread.median_with_failures)}};
}

Json as_json(const Cost& cost) {
  return {{"seconds", cost.seconds}, {"forwards", cost.forwards}, {"backwards", cost.backwards}};
}

Json as_json(const MaskingDiagnosis& d) {
  return {{"eps", d.options.eps},
          {"iterations", d.options.iterations},
          {"vanished", as_json(d.vanished)},
          {"sign_disagreement", d.sign_disagreement},
          {"one_step", as_json(d.one_step)},
          {"many_steps", as_json(d.many_steps)},
          {"on_logits", as_json(d.on_logits)},
          {"noise", as_json(d.noise)},
          {"not_rising", as_json(d.not_rising)},
          {"signs", signs_of_masking(d)}};
}

std::string percent(const Rate& rate) {
  return fmt::format("{:6.2f} %  ({} of {}; 95 % interval {:.1f} to {:.1f} %)", 100 * rate.value, rate.hits,
                     rate.trials, 100 * rate.low, 100 * rate.high);
}

std::string spread_line(const char* label, const Spread& spread) {
  return fmt::format("  {:<16} {:>11.4g} {:>11.4g}\n", label, spread.mean, spread.median);
}

std::string speed(const Cost& cost, Index images) {
  const std::string time =
      cost.seconds < 60 ? fmt::format("{:.2f} s", cost.seconds) : duration_in_words(cost.seconds);
  return fmt::format("{}, {} forwards and {} backwards of {} images", time, with_commas(cost.forwards),
                     with_commas(cost.backwards), images);
}

}  // namespace

std::string in_words(const Attack& attack) {
  const std::vector<OptionDescription> options = attack_options(attack.name());
  std::string text;
  for (const Setting& setting : attack.settings()) {
    const bool distance = std::ranges::any_of(options, [&](const OptionDescription& option) {
      return option.name == setting.name && option.kind == OptionDescription::Kind::distance;
    });
    text += text.empty() ? "" : ", ";
    text +=
        setting.name + " " + (distance ? distance_in_both_units(std::stod(setting.value)) : setting.value);
  }
  return text;
}

std::string summary_json(const AttackHeading& run, const AttackSummary& s,
                         const std::optional<MaskingDiagnosis>& diagnosis) {
  Json settings = Json::object(), status = Json::object();
  for (const Setting& setting : run.settings) settings[setting.name] = setting.value;
  for (std::size_t i = 0; i < s.by_status.size(); ++i)
    status[std::string(to_string(static_cast<AttackStatus>(i)))] = s.by_status[i];
  Json document = {{"attack", run.attack},
                   {"settings", settings},
                   {"weights", run.weights},
                   {"judged_by", run.weights},
                   {"device", run.device},
                   {"target", run.target.empty() ? Json(nullptr) : Json(run.target)},
                   {"images", s.images},
                   {"left_out", {{"of_the_target_class", run.left_out}, {"misclassified", s.skipped}}},
                   {"status", status},
                   {"fragile", s.fragile},
                   {"zero_gradients", as_json(s.zero_gradients)},
                   {"clean_accuracy", as_json(s.clean_accuracy)},
                   {"success", as_json(s.success)},
                   {"robust_accuracy", as_json(s.robust_accuracy)},
                   {"survives_rounding", as_json(s.survives_rounding)},
                   {"l0_features", as_json(s.l0_features)},
                   {"l0_tolerant", as_json(s.l0_tolerant)},
                   {"l0_pixels", as_json(s.l0_pixels)},
                   {"l1", as_json(s.l1)},
                   {"l2", as_json(s.l2)},
                   {"linf", as_json(s.linf)},
                   {"relative_l0", as_json(s.relative_l0)},
                   {"relative_l2", as_json(s.relative_l2)},
                   {"relative_linf", as_json(s.relative_linf)},
                   {"confidence", as_json(s.confidence)},
                   {"iterations", as_json(s.iterations)},
                   {"crafting", as_json(s.crafting)},
                   {"judging", as_json(s.judging)}};
  if (!run.fusion.empty()) document["crafted_on"] = {{"weights", run.crafted_on}, {"fusion", run.fusion}};
  if (diagnosis) document["masking"] = as_json(*diagnosis);
  return dumped(document) + "\n";
}

std::string summary_text(const AttackSummary& s) {
  std::string text = fmt::format("clean accuracy     {}\nsuccess            {}\nrobust accuracy    {}\n",
                                 percent(s.clean_accuracy), percent(s.success), percent(s.robust_accuracy));
  if (s.success.hits > 0) {
    text += fmt::format("as 8-bit pictures  {}\n\n", percent(s.survives_rounding));
    text += fmt::format("  {:<16} {:>11} {:>11}\n", "of the successes", "mean", "median");
    text += spread_line("features changed", s.l0_features) + spread_line("l2", s.l2) +
            spread_line("linf", s.linf) + spread_line("relative l2", s.relative_l2) +
            spread_line("confidence", s.confidence) + spread_line("iterations", s.iterations);
  }
  text += fmt::format("\ncrafting  {}\njudging   {}\n", speed(s.crafting, s.images - s.skipped),
                      speed(s.judging, s.images));
  if (s.fragile > 0)
    text += fmt::format(
        "note: {} of {} inputs fooled the crafting batch but not the judge, alone: counted as failures\n",
        s.fragile, s.images);
  for (const AttackStatus status :
       {AttackStatus::fail_zero_gradient, AttackStatus::fail_nan, AttackStatus::fail_no_pair})
    if (s.count_of(status) > 0)
      text += fmt::format("note: {} of {} inputs ended with {}; robustness may be overstated\n",
                          s.count_of(status), s.images, to_string(status));
  return text;
}

}  // namespace weir
