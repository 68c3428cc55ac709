// Q4: defensive distillation against an attack that knows of it.
#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// Whether the paper's rate lies in our interval. A network that is not the paper's is not compared.
Status agrees(const Analysis& analysis, const Defence::One& one, const char* row) {
  const Printed* printed =
      printed_for(analysis, analysis.experiment.network("distilled"), "text", row, "success_rate");
  const Rate& rate = one.run->summary.success;
  if (rate.trials == 0 || printed == nullptr) return Status::not_measured;
  return Interval{rate.low, rate.high}.contains(printed->value) ? Status::holds : Status::fails;
}

FindingRow row(const char* name, const Rate& rate, Status status) {
  return {.what = fmt::format("{}, {} of {}", name, rate.hits, rate.trials),
          .measured = measured(rate),
          .status = status};
}

}  // namespace

Tested adaptive_breaks_distillation(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  if (defence.regular.run == nullptr) return {.ours = defence.missing};
  const Status regular = agrees(analysis, defence.regular, "distilled/jsma"),
               adaptive = agrees(analysis, defence.adaptive, "distilled/adaptive-jsma");
  const bool compared = regular != Status::not_measured && adaptive != Status::not_measured;
  return {compared ? combined({regular, adaptive}) : Status::not_measured,
          "Share that is fooled",
          {row("regular", defence.regular.run->summary.success, regular),
           row("adaptive", defence.adaptive.run->summary.success, adaptive)}};
}

Tested adaptive_moves_paths(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  if (!defence.there()) return {.ours = defence.missing};
  const double margin = analysis.noise_on(analysis.experiment.network("distilled")).output.margin;
  const Measured& regular = defence.regular.output;
  const Status within = !regular.interval                  ? Status::not_measured
                        : regular.interval->high <= margin ? Status::holds
                        : regular.interval->low > margin   ? Status::fails
                                                           : Status::undecided;
  const Status farther = positive(defence.adaptive_minus_regular);
  return {
      combined({farther, within}),
      fmt::format("OIP distance from normal, in nats; the noise margin is {:.4f}. The intervals hold noise, "
                  "which makes this harder to meet (note of table Q4)",
                  margin),
      {{.what = "adaptive", .measured = defence.adaptive.output},
       {.what = "regular, within the margin", .measured = regular, .status = within},
       {.what = "adaptive − regular", .measured = defence.adaptive_minus_regular, .status = farther}}};
}

}  // namespace weir
