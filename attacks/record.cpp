#include "attacks/record.h"

#include <fmt/format.h>

#include "tensor/check.h"

namespace weir {
namespace {

std::string class_text(std::int32_t index) { return index == no_class ? "" : fmt::format("{}", index); }

}  // namespace

std::string_view to_string(AttackStatus status) {
  switch (status) {
    case AttackStatus::skipped_misclassified:
      return "skipped_misclassified";
    case AttackStatus::success:
      return "success";
    case AttackStatus::fail_budget:
      return "fail_budget";
    case AttackStatus::fail_no_pair:
      return "fail_no_pair";
    case AttackStatus::fail_zero_gradient:
      return "fail_zero_gradient";
    case AttackStatus::fail_nan:
      return "fail_nan";
  }
  ensures(false, "an attack status without a name");
  return {};
}

std::string csv_header() {
  return "id,label,clean_class,clean_confidence,target,status,adversarial_class,adversarial_confidence,"
         "iterations,"
         "l0_features,l1,l2,linf,relative_l0,relative_l2,relative_linf,relative_l1,l0_pixels,l0_tolerant,"
         "margin,"
         "first_success,forwards,backwards,zero_gradient_share,rounded_class,survives_rounding,fragile";
}

std::string to_csv(const AttackRecord& r) {
  const Distortion& d = r.distortion;
  const std::string verdict =
      fmt::format("{},{},{},{},{},{},{},{},{}", r.id, r.label, class_text(r.clean_class), r.clean_confidence,
                  class_text(r.target), to_string(r.status), class_text(r.adversarial_class),
                  r.adversarial_confidence, r.iterations);
  const std::string distances =
      fmt::format("{},{},{},{},{},{},{},{},{},{}", d.l0_features, d.l1, d.l2, d.linf, d.relative_l0,
                  d.relative_l2, d.relative_linf, d.relative_l1, d.l0_pixels, d.l0_tolerant);
  const std::string details =
      fmt::format("{},{},{},{},{},{},{:d},{:d}", r.margin, r.first_success, r.forwards, r.backwards,
                  r.zero_gradient_share, class_text(r.rounded_class), r.survives_rounding, r.fragile);
  return fmt::format("{},{},{}", verdict, distances, details);
}

std::string to_csv(std::span<const AttackRecord> records) {
  std::string text = csv_header() + "\n";
  for (const AttackRecord& record : records) text += to_csv(record) + "\n";
  return text;
}

}  // namespace weir
